// How a query looks: colours come from variables of the page, so that dark mode comes with them and contrast is decided in one place.
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { styleTags, tags } from "@lezer/highlight";
import { SparqlLanguage } from "codemirror-lang-sparql";

// The grammar tells names apart, but leaves them without a colour.
export const language = SparqlLanguage.configure({
  props: [styleTags({ Pname_ln: tags.typeName, Pname_ns: tags.namespace, IriRef: tags.link, A_predicate: tags.keyword })],
});

export const look = [
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.keyword, tags.operatorKeyword, tags.function(tags.variableName), tags.standard(tags.name)], color: "var(--code-keyword)", fontWeight: "600" },
      { tag: [tags.variableName, tags.special(tags.variableName), tags.definition(tags.variableName)], color: "var(--code-variable)" },
      { tag: [tags.typeName, tags.namespace], color: "var(--code-name)" },
      { tag: [tags.link, tags.url], color: "var(--code-iri)" },
      { tag: [tags.string, tags.number, tags.bool, tags.literal], color: "var(--code-literal)" },
      { tag: [tags.comment, tags.lineComment], color: "var(--code-comment)", fontStyle: "italic" },
    ]),
  ),
  EditorView.theme({
    "&": { color: "var(--pico-color)", backgroundColor: "var(--pico-form-element-background-color)", fontSize: "0.9rem" },
    "&.cm-focused": { outline: "3px solid var(--pico-primary)", outlineOffset: "2px" },
    ".cm-scroller": { fontFamily: "var(--pico-font-family-monospace)", lineHeight: "1.5", maxHeight: "60vh", overflow: "auto" },
    ".cm-content": { caretColor: "var(--pico-color)", padding: "0.5rem 0" },
    ".cm-content, .cm-gutter": { minHeight: "11rem" },
    ".cm-cursor": { borderLeftColor: "var(--pico-color)" },
    ".cm-gutters": { backgroundColor: "var(--card)", color: "var(--quote)", borderRight: "1px solid var(--rule)" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--code-line)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--code-selection)" },
    "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--code-selection)", outline: "1px solid var(--quote)" },
    "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "transparent", outline: "1px solid var(--bad)" },
    ".cm-faultLine": { backgroundColor: "var(--code-fault)", boxShadow: "inset 3px 0 var(--bad)" },
    ".cm-tooltip": { backgroundColor: "var(--pico-background-color)", color: "var(--pico-color)", border: "1px solid var(--quote)", maxWidth: "min(32rem, 92vw)" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "inherit", maxHeight: "16rem" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.3rem 0.5rem", minHeight: "24px", display: "flex", flexWrap: "wrap", gap: "0 0.6rem", whiteSpace: "normal" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { background: "var(--pico-primary-background)", color: "var(--pico-primary-inverse)" },
    ".cm-completionIcon": { display: "none" },
    ".cm-completionLabel": { fontFamily: "var(--pico-font-family-monospace)", overflowWrap: "anywhere" },
    ".cm-completionDetail": { fontStyle: "normal", marginLeft: "0" },
    ".cm-diagnostic": { padding: "0.4rem 0.6rem", borderLeftWidth: "4px" },
    ".cm-diagnosticAction": { backgroundColor: "var(--pico-primary-background)", color: "var(--pico-primary-inverse)", font: "inherit", padding: "0.15rem 0.6rem", margin: "0.3rem 0 0" },
    ".cm-panels": { backgroundColor: "var(--card)", color: "var(--pico-color)", borderColor: "var(--rule)" },
    ".cm-panel.cm-panel-lint ul [aria-selected]": { backgroundColor: "var(--code-line)", color: "inherit" },
  }),
];
