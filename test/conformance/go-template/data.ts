import { ANY, FLOAT, type GoFunctions, INT, STRING, STRINGS, StringMap } from '#lang/go-template';

/** The data and functions of oracle/main.go. */

class Item {
  static readonly goType = 'main.item';
  readonly Name: string;
  readonly N: bigint;
  constructor(name: string, count: bigint) {
    this.Name = name;
    this.N = count;
  }
}

class Span {
  static readonly goType = 'main.span';
  readonly seconds = 90;
  String(): string {
    return `${this.seconds}s`;
  }
}

class Person {
  static readonly goType = 'main.person';
  readonly Name = 'Ann';
  Greet(word: string): string {
    return `${word}, ${this.Name}`;
  }
  Upper(): string {
    return this.Name.toUpperCase();
  }
}

class Alerts extends Array<Item> {
  static readonly goType = 'main.alerts';
  Big(): Item[] {
    return Array.from(this).filter(({ N }) => N > 1n);
  }
}

class Data {
  static readonly goType = 'main.data';
  readonly Labels = new StringMap([
    ['instance', 'web-1:9090'],
    ['job', 'api'],
    ['é', 'ü'],
  ]);
  readonly Value = 1234567.891;
  readonly Count = 3n;
  readonly Names = ['b', 'a', 'c'];
  readonly Any = new Map<string, unknown>([
    ['s', 'x'],
    ['n', 5n],
    ['f', 1.5],
    ['nil', null],
    ['list', [1n, 'two', 3.5]],
  ]);
  readonly Items = [new Item('one', 1n), new Item('two', 2n)];
  readonly Alerts = Alerts.from([new Item('one', 1n), new Item('two', 2n)]) as Alerts;
  readonly Flag = true;
  readonly Empty = '';
  readonly Text = '<a href="x">Tom\'s & Ünïcode\n</a>';
  readonly Span = new Span();
  readonly Person = new Person();
  readonly Numbers = [1n, 20n, 300n];
  readonly Floats = [0.5, 1e21, 100];
  readonly Big = 1e6;
  readonly Func = { params: [STRING], call: (text: string) => `<${text}>` };
}

export const DATA: object = new Data();

export const FUNCTIONS: GoFunctions = {
  upper: { params: [STRING], call: (text: string) => text.toUpperCase() },
  double: { params: [FLOAT], call: (value: number) => 2 * value },
  add: { params: [INT, INT], call: (a: bigint, b: bigint) => a + b },
  join: { params: [STRING, STRINGS], call: (separator: string, texts: readonly string[]) => texts.join(separator) },
  fail: {
    params: [],
    call: () => {
      throw new Error('it failed');
    },
  },
  args: {
    params: [],
    rest: ANY,
    call: (...values: unknown[]) => new Map(values.map((value, at) => [`arg${at}`, value])),
  },
};
