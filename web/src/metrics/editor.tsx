import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewline } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { useEffect, useRef } from 'react';

/** PromQL with Prometheus's own mode: completion of metrics, labels and values, and errors where they are. */
export function Editor({
  label,
  value,
  onChange,
  onRun,
}: {
  label: string;
  value: string;
  onChange(value: string): void;
  onRun(): void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const told = useRef({ onChange, onRun });
  told.current = { onChange, onRun };

  // The editor keeps its own state: it is made once, and what changes outside is put into it below.
  // biome-ignore lint/correctness/useExhaustiveDependencies: value is only where it begins.
  useEffect(() => {
    const promql = new PromQLExtension().setComplete({
      // What it cannot complete it leaves alone: that the server is away is said elsewhere on the page.
      remote: { url: '/prometheus', httpMethod: 'GET', httpErrorHandler: () => undefined },
    });
    const run = () => {
      told.current.onRun();
      return true;
    };
    const made = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: value,
        extensions: [
          history(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          promql.asExtension(),
          syntaxHighlighting(COLORS),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
          placeholder('PromQL, as sum by (service_name) (rate(http_requests_total[5m]))'),
          LOOK,
          keymap.of([
            ...completionKeymap,
            { key: 'Enter', run },
            { key: 'Mod-Enter', run },
            { key: 'Shift-Enter', run: insertNewline },
            ...closeBracketsKeymap,
            ...historyKeymap,
            ...defaultKeymap,
          ]),
          EditorView.updateListener.of(update => {
            if (update.docChanged) told.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      promql.destroy();
    };
  }, [label]);

  useEffect(() => {
    const { current } = view;
    if (current !== null && current.state.doc.toString() !== value)
      current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: value } });
  }, [value]);

  return <div ref={place} />;
}

const color = (name: string) => `light-dark(var(--mantine-color-${name}-9), var(--mantine-color-${name}-3))`;

const COLORS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], color: color('grape') },
  { tag: tags.function(tags.variableName), color: color('indigo') },
  { tag: tags.labelName, color: color('teal') },
  { tag: tags.string, color: color('orange') },
  { tag: [tags.number, tags.float], color: color('blue') },
  { tag: tags.comment, color: 'var(--mantine-color-dimmed)', fontStyle: 'italic' },
]);

const LOOK = EditorView.theme({
  '&': {
    fontSize: '13px',
    color: 'var(--mantine-color-text)',
    backgroundColor: 'light-dark(var(--mantine-color-white), var(--mantine-color-dark-6))',
    border: '1px solid light-dark(var(--mantine-color-gray-5), var(--mantine-color-dark-3))',
    borderRadius: 'var(--mantine-radius-md)',
  },
  '&.cm-focused': {
    outline: '2px solid var(--mantine-primary-color-filled)',
    outlineOffset: '1px',
  },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', maxHeight: '30vh' },
  '.cm-content': { padding: '7px 2px', caretColor: 'var(--mantine-color-text)' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-placeholder': { color: 'var(--mantine-color-dimmed)' },
  '.cm-tooltip': {
    color: 'var(--mantine-color-text)',
    backgroundColor: 'var(--mantine-color-body)',
    border: '1px solid light-dark(var(--mantine-color-gray-4), var(--mantine-color-dark-3))',
    maxWidth: '90vw',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    color: 'var(--mantine-color-white)',
    backgroundColor: 'var(--mantine-primary-color-filled)',
  },
});
