/** Says that long values are shortened here, and gets them whole. */
import type { ApiAnswer } from '../lib/scope.tsx';
import { ErrorState } from './states.tsx';

interface CutNoteProps {
  /** The request for the whole, once it was asked for. */
  readonly whole: ApiAnswer<unknown>;
  readonly onShow: () => void;
}

export function CutNote({ whole, onShow }: CutNoteProps) {
  if (whole.error) return <ErrorState error={whole.error} onRetry={whole.retry} />;
  return (
    <p className="cut-note" role="status">
      Long values are shortened here.{' '}
      <button type="button" className="button" onClick={onShow} disabled={whole.loading}>
        {whole.loading ? 'Loading …' : 'Show everything'}
      </button>
    </p>
  );
}
