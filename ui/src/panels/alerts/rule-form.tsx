/** A new rule from an expression: what it would find, and the YAML to put into a rule file. */
import { useState } from 'react';
import { conditionOf, logqlConditionOf } from '../../lib/alerting/condition.ts';
import { draftProblems, printRule, type RuleDraft } from '../../lib/alerting/rule-yaml.ts';
import { copyText } from '../../lib/clipboard.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { Icon } from '../../widgets/icons.tsx';
import { AlertChart } from './alert-chart.tsx';

interface RuleFormProps {
  readonly expr: string;
  /** Rules in LogQL stand in files of their own. */
  readonly language: 'promql' | 'logql';
  readonly onClose: () => void;
}

const COMPARISONS = ['>', '>=', '<', '<=', '==', '!='] as const;

export function RuleForm({ expr: given, language, onClose }: RuleFormProps) {
  const isLogql = language === 'logql';
  const compared = isLogql ? logqlConditionOf(given) : conditionOf(given);
  const [measured, setMeasured] = useState(compared?.measured ?? given);
  const [operator, setOperator] = useState<string>(compared?.operator ?? '>');
  const [limit, setLimit] = useState(compared?.limitText ?? '');
  const [more, setMore] = useState<Omit<RuleDraft, 'expr' | 'labels' | 'annotations'>>({
    ...{ group: 'alerts', name: '', forTime: '5m', keepFiringFor: '' },
  });
  const [severity, setSeverity] = useState('warning');
  const [summary, setSummary] = useState('');
  const [runbook, setRunbook] = useState('');
  const [copied, setCopied] = useState(false);
  const draft: RuleDraft = {
    ...more,
    expr: limit.trim() === '' ? measured : `${measured} ${operator} ${limit.trim()}`,
    labels: [['severity', severity]],
    annotations: [
      ['summary', summary],
      ['runbook_url', runbook],
    ],
  };
  const problems = draftProblems(draft);
  const yaml = printRule(draft);
  const field = (label: string, value: string, onChange: (text: string) => void, className = '') => (
    <label className={className}>
      <span className="muted">{label}</span>
      <input
        className="input"
        value={value}
        onChange={(event) => {
          setCopied(false);
          onChange(event.target.value);
        }}
      />
    </label>
  );
  return (
    <form className="section alert-form" aria-label="New rule" onSubmit={(event) => event.preventDefault()}>
      <div className="section-head">
        <h2>New rule</h2>
        <span className="muted">
          put the YAML into a file that {isLogql ? '--loki-rules' : '--rules'} names; it is read within seconds
        </span>
        <span className="spacer" />
        <button type="button" className="button icon quiet" aria-label="Close" onClick={onClose}>
          <Icon name="close" size={14} />
        </button>
      </div>
      <label className="alert-wide">
        <span className="muted">Expression{isLogql ? ' in LogQL' : ''}</span>
        <textarea
          className="input mono"
          rows={3}
          spellCheck={false}
          value={measured}
          onChange={(event) => setMeasured(event.target.value)}
        />
      </label>
      <div className="alert-fields">
        <label>
          <span className="muted">Is</span>
          <select
            className="input"
            aria-label="Comparison"
            value={operator}
            onChange={(event) => setOperator(event.target.value)}
          >
            {COMPARISONS.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        {field('Limit', limit, setLimit)}
        {field('For', more.forTime, (forTime) => setMore({ ...more, forTime }))}
        {field('Keep firing for', more.keepFiringFor, (keepFiringFor) => setMore({ ...more, keepFiringFor }))}
      </div>
      <div className="alert-fields">
        {field('Alert', more.name, (name) => setMore({ ...more, name }))}
        {field('Group', more.group, (group) => setMore({ ...more, group }))}
        {field('Severity', severity, setSeverity)}
        {field('Summary', summary, setSummary, 'alert-wide')}
        {field('Runbook', runbook, setRunbook, 'alert-wide')}
      </div>
      <AlertChart title="What it would have seen" expr={draft.expr} language={language} />
      {problems.length > 0 ? <p className="warning-text">{visibleText(problems.join('; '))}</p> : null}
      <section aria-label="YAML of the rule">
        <pre className="mono alert-yaml">{visibleText(yaml)}</pre>
      </section>
      <div className="alert-fields">
        <button
          type="button"
          className="button primary"
          disabled={problems.length > 0}
          onClick={() => void copyText(yaml).then(setCopied)}
        >
          {copied ? 'Copied' : 'Copy the YAML'}
        </button>
        <a
          className="button"
          download={`${more.name || 'rule'}.yml`}
          href={`data:application/yaml;charset=utf-8,${encodeURIComponent(yaml)}`}
        >
          Download
        </a>
      </div>
    </form>
  );
}
