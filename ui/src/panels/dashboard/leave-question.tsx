/** Asks whoever leaves a dashboard with changes that nobody has saved. */
import { useBlocker } from '@tanstack/react-router';
import { type RefObject, useEffect, useRef } from 'react';

interface LeaveQuestionProps {
  /** Set by whoever leaves on purpose. */
  readonly mayLeave: RefObject<boolean>;
  readonly onDiscard: () => void;
  readonly onSave: () => void;
}

/** While it is on the page, leaving it asks; another time range or variable is the same page. */
export function LeaveQuestion({ mayLeave, onDiscard, onSave }: LeaveQuestionProps) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => !mayLeave.current && current.pathname !== next.pathname,
    enableBeforeUnload: () => !mayLeave.current,
    withResolver: true,
  });
  const dialog = useRef<HTMLDialogElement>(null);
  const isAsked = blocker.status === 'blocked';
  useEffect(() => {
    if (isAsked) dialog.current?.showModal();
  }, [isAsked]);
  if (blocker.status !== 'blocked') return null;
  return (
    <dialog ref={dialog} className="keys dash-leave" aria-label="Changes that are not saved" onClose={blocker.reset}>
      <h2>Leave without saving?</h2>
      <p>The changes of this dashboard are not saved. They stay in this browser unless you discard them.</p>
      <div className="dash-fields">
        <button
          type="button"
          className="button primary"
          onClick={() => {
            blocker.reset();
            onSave();
          }}
        >
          Save…
        </button>
        <button type="button" className="button" onClick={blocker.proceed}>
          Leave
        </button>
        <button
          type="button"
          className="button"
          onClick={() => {
            onDiscard();
            blocker.proceed();
          }}
        >
          Discard and leave
        </button>
        <span className="spacer" />
        <button type="button" className="button" onClick={blocker.reset}>
          Stay
        </button>
      </div>
    </dialog>
  );
}
