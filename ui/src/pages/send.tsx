/** How to send data, for those who have some already. */
import type { StatusResponse } from '#api/types.ts';
import { useApi } from '../lib/scope.tsx';
import { FirstRun } from '../panels/first-run.tsx';
import { ErrorState, Loading } from '../widgets/states.tsx';

export function SendPage() {
  const answer = useApi<StatusResponse>('/status', {});
  if (answer.data) return <FirstRun status={answer.data} waiting={false} />;
  return answer.error ? <ErrorState error={answer.error} onRetry={answer.retry} /> : <Loading what="the addresses" />;
}
