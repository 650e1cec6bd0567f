// The editor in the place of the text area, which stays the field that is sent.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentOnInput, LanguageSupport } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { completeFrom } from "./completion.js";
import { faults } from "./faults.js";
import { language, look } from "./look.js";

export function mount(field, { known, say, run }) {
  const host = document.createElement("div");
  host.className = "editor";
  // In a shadow root its style sheets are constructed ones, which the policy of the page lets pass.
  const root = host.attachShadow({ mode: "open" });
  const label = document.querySelector(`label[for="${field.id}"]`);
  const hint = document.getElementById(field.getAttribute("aria-describedby"));
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: field.value,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ override: [completeFrom(known)], activateOnTypingDelay: 80 }),
        highlightActiveLine(),
        EditorView.lineWrapping,
        new LanguageSupport(language),
        look,
        faults(known, say),
        // Tab is not among them: it leaves the editor, as it leaves every other field.
        keymap.of([
          { key: "Mod-Enter", run: () => (run(), true) },
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...lintKeymap,
          ...historyKeymap,
          ...defaultKeymap,
        ]),
        EditorView.contentAttributes.of({
          "aria-label": label.textContent,
          "aria-description": hint ? hint.textContent : "",
          autocapitalize: "none",
          spellcheck: "false",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) field.value = update.state.doc.toString();
        }),
      ],
    }),
  });
  field.before(host);
  field.hidden = true;
  field.required = false;
  label.addEventListener("click", () => view.focus());
  return view;
}

export function replace(view, text) {
  if (text !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, scrollIntoView: true });
}
