import { visibleText } from '../../lib/foreign-text.ts';
import type { PromLabels } from '../../lib/promql/legend.ts';

export function AlertLabels({ labels }: { readonly labels: PromLabels }) {
  return (
    <span className="alert-labels">
      {Object.entries(labels).map(([name, value]) => (
        <span key={name} className="alert-label mono">
          {visibleText(name)}={visibleText(value)}
        </span>
      ))}
    </span>
  );
}
