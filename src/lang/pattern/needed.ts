import type { PatternNode } from './tree.ts';

/** The longest text of ASCII characters that every match of the pattern contains; '' where none is known. */
export function neededText(node: PatternNode): string {
  const run = new Run();
  run.add(node);
  return run.longest;
}

/** What stands one behind the other in each match. */
class Run {
  longest = '';
  #text = '';

  add(node: PatternNode): void {
    switch (node.kind) {
      case 'start':
      case 'end':
        return;
      case 'set':
        this.#addSet(node.set);
        return;
      case 'capture':
        this.add(node.item);
        return;
      case 'sequence':
        for (const item of node.items) this.add(item);
        return;
      case 'either':
        this.#text = '';
        return;
      case 'repeat':
        // Once at least; how often then, and so what follows it, is open.
        if (node.min > 0) this.add(node.item);
        if (node.min !== 1 || node.max !== 1) this.#text = '';
    }
  }

  #addSet(set: readonly (readonly [number, number])[]): void {
    const [from, to] = set[0] ?? [0, 1];
    if (set.length !== 1 || from !== to || from >= 0x80) {
      this.#text = '';
      return;
    }
    this.#text += String.fromCharCode(from);
    if (this.#text.length > this.longest.length) this.longest = this.#text;
  }
}
