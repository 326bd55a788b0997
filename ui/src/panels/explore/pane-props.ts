/** What each kind is given. */
export interface PaneProps {
  readonly q: string;
  readonly onAsk: (q: string) => void;
  /** Takes `j` and `k` of the page. */
  readonly keyboard: boolean;
}
