/** What the editors of all languages have in common: one CodeMirror that lives as long as its place, its keys, and marks under mistakes. */
import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
  completionStatus,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { type Diagnostic, setDiagnostics } from '@codemirror/lint';
import { EditorState, type Extension, Prec } from '@codemirror/state';
import { EditorView, type KeyBinding, keymap, placeholder } from '@codemirror/view';
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';

/** Something that is said about a part of the text. Offsets are UTF-16, `end` is exclusive. */
export interface EditorMark {
  readonly level: 'error' | 'warning' | 'info';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface EditorOptions {
  readonly value: string;
  readonly marks: readonly EditorMark[];
  /** Made once. */
  readonly extensions: () => Extension;
}

/** Gives the place for the editor and the editor itself, which is there when effects run. */
export function useEditor({ value, marks, extensions }: EditorOptions): {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly view: RefObject<EditorView | undefined>;
} {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const first = useRef({ value, extensions });

  // One editor as long as its place is there; what changes goes into it below.
  useLayoutEffect(() => {
    const state = EditorState.create({ doc: first.current.value, extensions: first.current.extensions() });
    const editor = new EditorView({ parent: box.current!, state });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = undefined;
    };
  }, []);

  useLayoutEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined) return;
    const { length } = editor.state.doc;
    const drawn = marks.map(({ level, text, start, end }): Diagnostic => {
      const to = Math.min(Math.max(end, start + 1), length);
      // A mark behind the text is drawn under its last character.
      return { from: Math.max(0, Math.min(start, to - 1)), to, severity: level, message: text };
    });
    editor.dispatch(setDiagnostics(editor.state, drawn));
  }, [marks]);

  return { box, view };
}

export interface EditorHabits {
  /** What a screen reader calls it. */
  readonly label: string;
  readonly hint: string;
  readonly onRun: (value: string) => void;
  readonly onChange: (value: string) => void;
  /** Go before all others. */
  readonly keys?: (run: (editor: EditorView) => boolean) => readonly KeyBinding[];
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Keys, completion and brackets. Without the language and its colours. */
export function habitsOf({ label, hint, onRun, onChange, keys, attributes }: EditorHabits): Extension {
  const run = (editor: EditorView): boolean => {
    closeCompletion(editor);
    onRun(editor.state.doc.toString());
    return true;
  };
  const leave = (editor: EditorView): boolean => {
    if (!closeCompletion(editor)) editor.contentDOM.blur();
    return true;
  };
  return [
    Prec.highest(
      keymap.of([
        { key: 'Mod-Enter', run },
        ...(keys?.(run) ?? []),
        // A list that has only just come takes nothing yet; the cursor does not leave for it.
        { key: 'Tab', run: (editor) => acceptCompletion(editor) || completionStatus(editor.state) !== null },
        { key: 'Escape', run: leave, stopPropagation: true },
      ]),
    ),
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
    history(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ icons: false, maxRenderedOptions: 100 }),
    EditorView.lineWrapping,
    placeholder(hint),
    EditorView.contentAttributes.of({
      'aria-label': label,
      autocapitalize: 'off',
      autocorrect: 'off',
      spellcheck: 'false',
      ...attributes,
    }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onChange(update.state.doc.toString());
    }),
  ];
}
