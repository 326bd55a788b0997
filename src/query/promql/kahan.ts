/**
 * Sums that keep what rounding would lose, as Neumaier's variant of Kahan's algorithm does. The last compensation stands in a field of
 * its own, so that adding allocates nothing.
 */
export class KahanSum {
  sum = 0;
  compensation = 0;

  add(value: number): void {
    const total = this.sum + value;
    if (!Number.isFinite(total)) this.compensation = 0;
    // What the smaller of both has lost.
    else if (Math.abs(this.sum) >= Math.abs(value)) this.compensation += this.sum - total + value;
    else this.compensation += value - total + this.sum;
    this.sum = total;
  }

  /** An infinite sum has no compensation that would mean anything. */
  get total(): number {
    return Number.isFinite(this.sum) ? this.sum + this.compensation : this.sum;
  }
}
