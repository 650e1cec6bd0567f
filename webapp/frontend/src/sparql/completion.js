// What can be written next: keywords, variables of this query, and the names of the store by name or by what people call them.
import { pickedCompletion } from "@codemirror/autocomplete";
import { declaration, declared } from "./names.js";

const MOST = 60;
const KEYWORDS =
  "SELECT DISTINCT WHERE PREFIX OPTIONAL FILTER UNION MINUS BIND VALUES GRAPH FROM NAMED ORDER BY GROUP HAVING LIMIT OFFSET ASK CONSTRUCT DESCRIBE EXISTS NOT IN AS DESC ASC UNDEF COUNT SUM AVG MIN MAX SAMPLE GROUP_CONCAT BOUND COALESCE CONCAT CONTAINS DATATYPE IF LANG LCASE NOW REGEX REPLACE STR STRAFTER STRBEFORE STRENDS STRLEN STRSTARTS SUBSTR UCASE YEAR MONTH DAY".split(" ");
const WORDS = { property: "property", class: "class", thing: "thing" };

export function completeFrom(known) {
  return (context) => {
    const before = context.state.doc.lineAt(context.pos).text.slice(0, context.pos - context.state.doc.lineAt(context.pos).from);
    if (/^\s*#/.test(before) || /<[^>\s]*$/.test(before) || inString(before)) return null;
    const variable = /[?$]\w*$/.exec(before);
    if (variable) return variables(context, variable[0]);
    const typed = /[\w-]*(:[\w-]*)?$/.exec(before)[0];
    if (!typed && !context.explicit) return null;
    const from = context.pos - typed.length;
    const ahead = before.slice(0, before.length - typed.length);
    if (/^\s*prefix\s+$/i.test(ahead)) return prefixes(known(), from, typed);
    const options = [...terms(known(), typed, wantedAfter(ahead)), ...keywords(typed)].slice(0, MOST);
    return options.length ? { from, options, filter: false } : null;
  };
}

// What kind of name mostly stands here, "" where any may.
function wantedAfter(ahead) {
  if (/(^|[\s;{.(])(a|rdf:type)\s+$/.test(ahead)) return "class";
  return /(^|[.;{]\s*|;\s*)\s*([?$]\w+|[\w-]*:[\w-]+|<[^>\s]*>)\s+$/.test(ahead) || /;\s*$/.test(ahead) ? "property" : "";
}

function inString(before) {
  return (before.replace(/\\./g, "").match(/"/g) ?? []).length % 2 === 1;
}

function variables(context, typed) {
  const names = new Set();
  for (const [name] of context.state.doc.toString().matchAll(/[?$]\w+/g)) names.add("?" + name.slice(1));
  names.delete("?" + typed.slice(1));
  const options = [...names].sort().map((label) => ({ label, type: "variable", detail: "variable" }));
  return options.length ? { from: context.pos - typed.length, options, validFor: /^[?$]\w*$/ } : null;
}

function prefixes(known, from, typed) {
  const options = Object.entries(known.prefixes)
    .filter(([prefix]) => prefix.startsWith(typed.replace(/:$/, "")))
    .map(([prefix, iri]) => ({ label: `${prefix}:`, detail: iri, type: "namespace", apply: `${prefix}: <${iri}>` }));
  return options.length ? { from, options, filter: false } : null;
}

function keywords(typed) {
  if (typed.includes(":")) return [];
  return KEYWORDS.filter((word) => word.startsWith(typed.toUpperCase())).map((label) => ({ label, type: "keyword", detail: "keyword" }));
}

function terms(known, typed, wantedKind) {
  const wanted = typed.toLowerCase();
  const found = [];
  for (const [name, label, kind] of known.terms) {
    const rank = rate(name.toLowerCase(), label.toLowerCase(), wanted);
    if (rank !== null) found.push([rank + (wantedKind && kind !== wantedKind ? 10 : 0), name, label, kind]);
  }
  found.sort((one, other) => one[0] - other[0] || one[1].length - other[1].length || (one[1] < other[1] ? -1 : 1));
  return found.slice(0, MOST).map(([, name, label, kind]) => ({ label: name, detail: `${label} · ${WORDS[kind] ?? kind}`, type: kind, apply: insert(known, name) }));
}

// 0 best; null where it does not fit. What is typed may be the start of a name, with or without its prefix, or words of a label.
function rate(name, label, wanted) {
  if (!wanted || name.startsWith(wanted)) return 0;
  const local = name.slice(name.indexOf(":") + 1);
  if (local.startsWith(wanted)) return 1;
  if (label.startsWith(wanted)) return 2;
  if (wanted.length < 2) return null;
  if (label.includes(" " + wanted)) return 3;
  const [prefix, rest] = wanted.includes(":") ? wanted.split(":") : ["", wanted];
  if (prefix && !name.startsWith(prefix + ":")) return null;
  return rest && (local.includes(rest) || label.includes(rest)) ? 4 : null;
}

function insert(known, name) {
  return (view, completion, from, to) => {
    const changes = [{ from, to, insert: name }];
    const prefix = name.startsWith("<") ? null : name.slice(0, name.indexOf(":"));
    let moved = 0;
    if (prefix !== null && !declared(view.state).has(prefix) && known.prefixes[prefix]) {
      const line = declaration(view.state, prefix, known.prefixes[prefix]);
      changes.unshift(line);
      moved = line.insert.length;
    }
    view.dispatch({ changes, selection: { anchor: from + name.length + moved }, annotations: pickedCompletion.of(completion), userEvent: "input.complete" });
  };
}
