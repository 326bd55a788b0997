/** An editor of one expression in PromQL: coloured, completed from the server's data, with marks under the characters that something is said about. */
import { acceptCompletion, startCompletion } from '@codemirror/autocomplete';
import { insertNewline } from '@codemirror/commands';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { EditorState, Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { type PrometheusClient, PromQLExtension } from '@prometheus-io/codemirror-promql';
import { useEffect, useRef } from 'react';
import { type EditorMark, habitsOf, useEditor } from '../editor/use-editor.ts';

interface PromqlEditorProps {
  /** What a screen reader calls it. */
  readonly label: string;
  readonly value: string;
  readonly hint: string;
  readonly client: PrometheusClient;
  readonly marks: readonly EditorMark[];
  /** Another one puts the cursor here. */
  readonly focus: object | undefined;
  readonly onChange: (value: string) => void;
  readonly onRun: (value: string) => void;
  readonly onFocus: () => void;
}

/** Above this the page's server is not asked for what each metric means. */
const MAX_EXPLAINED_METRICS = 20_000;

export function PromqlEditor(props: PromqlEditorProps) {
  const latest = useRef(props);
  latest.current = props;
  const { box, view } = useEditor({ value: props.value, marks: props.marks, extensions: () => extensionsOf(latest) });

  useEffect(() => {
    if (props.focus !== undefined) view.current?.focus();
  }, [props.focus, view]);

  return <div className="promql-editor" ref={box} />;
}

function extensionsOf(latest: React.RefObject<PromqlEditorProps>): Extension {
  const { label, hint, client } = latest.current;
  const promql = new PromQLExtension()
    .setComplete({ remote: client, maxMetricsMetadata: MAX_EXPLAINED_METRICS })
    // The page judges by the same parser as the server, and in its words.
    .activateLinter(false);
  return [
    habitsOf({
      label,
      hint,
      onRun: (value) => latest.current.onRun(value),
      onChange: (value) => latest.current.onChange(value),
      keys: (run) => [
        { key: 'Shift-Enter', run: insertNewline },
        { key: 'Enter', run: (editor) => acceptCompletion(editor) || run(editor) },
      ],
      attributes: { enterkeyhint: 'go' },
    }),
    promql.asExtension(),
    syntaxHighlighting(COLOURS),
    EditorView.updateListener.of((update) => {
      if (update.transactions.some((one) => one.isUserEvent('input.type')) && OPENS.test(beforeCursor(update.state)))
        startCompletion(update.view);
      if (update.focusChanged && update.view.hasFocus) latest.current.onFocus();
    }),
  ];
}

/** Behind these a label or a value comes; completion opens by itself behind letters only. */
const OPENS = /["'{,/.-]$/;

function beforeCursor({ doc, selection }: EditorState): string {
  const { head } = selection.main;
  return doc.sliceString(head - 1, head);
}

/** The classes are coloured in styles/promql.css, for both themes. */
const COLOURS = HighlightStyle.define([
  { tag: tags.variableName, class: 'pq-metric' },
  { tag: tags.labelName, class: 'pq-label' },
  { tag: [tags.string, tags.number], class: 'pq-value' },
  {
    tag: [tags.function(tags.variableName), tags.operatorKeyword, tags.modifier, tags.logicOperator],
    class: 'pq-word',
  },
  { tag: [tags.operator, tags.arithmeticOperator, tags.paren, tags.squareBracket, tags.brace], class: 'pq-sign' },
  { tag: tags.comment, class: 'pq-comment' },
]);
