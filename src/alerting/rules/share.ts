/** Which groups are this server's, where several share them (alerting/sharing). */
export interface RuleShare {
  /** Whether a group belongs to this server; it may not have come to it yet. */
  owns(key: string): boolean;
  /** Whether nobody else is at it any more. */
  mayBegin(key: string): boolean;
  /** Whether this server may act at this moment: asked before anything of a group is told or written. */
  readonly isValid: boolean;
}
