// The names that a query can use here, and what the query itself declares.
import { syntaxTree } from "@codemirror/language";

// Fetched once; the browser keeps them until the store changes.
export async function fetchTerms(address) {
  const nothing = { prefixes: {}, cut: true, terms: [] };
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : nothing;
  } catch {
    return nothing;
  }
}

export function declared(state) {
  const prefixes = new Map();
  syntaxTree(state).iterate({
    enter(node) {
      if (node.name !== "PrefixDecl") return;
      const match = /^prefix\s+([^\s:]*):\s*<([^>]*)>/i.exec(state.sliceDoc(node.from, node.to));
      if (match) prefixes.set(match[1], match[2]);
    },
  });
  return prefixes;
}

// Where a further PREFIX line belongs: below the last one, else below comments at the top.
export function place(state) {
  let at = 0;
  for (let number = 1; number <= state.doc.lines; number++) {
    const line = state.doc.line(number);
    if (/^\s*(prefix|base)\b/i.test(line.text)) at = Math.min(line.to + 1, state.doc.length);
    else if (!at && /^\s*#/.test(line.text)) continue;
    else if (line.text.trim() && !/^\s*#/.test(line.text)) break;
  }
  return at;
}

export function declaration(state, prefix, iri) {
  const at = place(state);
  const before = at > 0 && state.doc.sliceString(at - 1, at) !== "\n" ? "\n" : "";
  return { from: at, insert: `${before}PREFIX ${prefix}: <${iri}>\n` };
}
