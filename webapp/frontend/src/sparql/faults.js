// What is wrong while a query is being written: where it cannot be read, prefixes that are missing, and what the server said.
import { linter, lintGutter } from "@codemirror/lint";
import { ensureSyntaxTree, syntaxTree } from "@codemirror/language";
import { Decoration, EditorView } from "@codemirror/view";
import { StateEffect, StateField } from "@codemirror/state";
import { declaration, declared } from "./names.js";

const tell = StateEffect.define();

// The fault that the server found, until the query is changed.
const served = StateField.define({
  create: () => null,
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(tell)) return effect.value;
    return transaction.docChanged ? null : value;
  },
  provide: (field) =>
    EditorView.decorations.compute([field], (state) => {
      const fault = state.field(field);
      if (!fault) return Decoration.none;
      return Decoration.set(Decoration.line({ class: "cm-faultLine" }).range(state.doc.lineAt(fault.from).from));
    }),
});

// Lines and columns count from 1, and the place may be the end of the text.
export function showFault(view, line, column, message) {
  const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  const from = Math.min(at.from + Math.max(column - 1, 0), at.to);
  view.dispatch({
    effects: [tell.of({ from, to: Math.min(from + 1, at.to), severity: "error", message, source: "server" }), EditorView.scrollIntoView(from, { y: "center" })],
    selection: { anchor: from },
  });
}

export function clearFault(view) {
  if (view.state.field(served)) view.dispatch({ effects: tell.of(null) });
}

export function findFaults(state, known) {
  const told = state.field(served);
  if (told) return [told];
  const tree = ensureSyntaxTree(state, state.doc.length, 200) ?? syntaxTree(state);
  const found = [];
  const prefixes = declared(state);
  let broken = false;
  tree.iterate({
    enter(node) {
      if (node.name === "PrefixDecl") return false;
      if (node.type.isError && !broken) {
        // What follows the first one is mostly its consequence.
        broken = true;
        found.push(unreadable(state, node));
      } else if (node.name === "Pname_ln" || node.name === "Pname_ns") {
        found.push(...judgeName(state, node, prefixes, known));
      }
      return undefined;
    },
  });
  return state.doc.toString().trim() ? found : [];
}

function unreadable(state, node) {
  let { from, to } = node;
  if (from === to) {
    // Something is missing: the mark stands under the last thing before it.
    const before = state.doc.sliceString(0, from).trimEnd().length;
    from = Math.max(before - 1, 0);
    to = Math.max(before, from);
  }
  const line = state.doc.lineAt(from);
  return { from, to: Math.min(to, Math.max(line.to, from)), severity: "error", message: "The query cannot be read from here on: something is missing, or does not belong." };
}

function judgeName(state, node, prefixes, known) {
  const name = state.sliceDoc(node.from, node.to);
  const prefix = name.slice(0, name.indexOf(":"));
  const place = { from: node.from, to: node.to };
  if (!prefixes.has(prefix)) {
    const iri = known.prefixes[prefix];
    const add = { name: `Add PREFIX ${prefix}:`, apply: (view) => view.dispatch({ changes: declaration(view.state, prefix, iri) }) };
    return [{ ...place, severity: "error", message: `The prefix ${prefix}: is not declared.`, actions: iri ? [add] : [] }];
  }
  // All of our own terms are known here, so another one is a slip.
  const ours = prefix === "ropa" && prefixes.get(prefix) === known.prefixes.ropa && !known.cut && name.length > 5;
  if (ours && !known.names.has(name)) return [{ ...place, severity: "warning", message: `There is no term ${name}.` }];
  return [];
}

// Marks them, and tells the first one to `say` in words.
export function faults(known, say) {
  return [
    served,
    lintGutter(),
    linter(
      (view) => {
        const found = findFaults(view.state, known());
        say(found.length ? describe(view.state, found[0], found.length) : "");
        return found;
      },
      { delay: 600, needsRefresh: (update) => update.transactions.some((one) => one.effects.some((effect) => effect.is(tell))) },
    ),
  ];
}

function describe(state, fault, count) {
  // The server says the place itself.
  if (fault.source === "server") return fault.message;
  const line = state.doc.lineAt(fault.from);
  const more = count > 1 ? ` (and ${count - 1} more)` : "";
  return `Line ${line.number}, column ${fault.from - line.from + 1}: ${fault.message}${more}`;
}
