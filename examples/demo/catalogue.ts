import type { Random } from './lib/random.ts';

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  /** In US dollars. */
  readonly price: number;
}

export const PRODUCTS: readonly Product[] = [
  { sku: 'MUG-01', name: 'Stoneware mug', category: 'kitchen', price: 14.5 },
  { sku: 'KETTLE-02', name: 'Copper kettle', category: 'kitchen', price: 89 },
  { sku: 'KNIFE-03', name: 'Bread knife', category: 'kitchen', price: 42.9 },
  { sku: 'LAMP-04', name: 'Desk lamp', category: 'home', price: 64.25 },
  { sku: 'RUG-05', name: 'Wool rug', category: 'home', price: 219 },
  { sku: 'CHAIR-06', name: 'Oak chair', category: 'home', price: 175.5 },
  { sku: 'TENT-07', name: 'Two-person tent', category: 'outdoor', price: 299 },
  { sku: 'BOTTLE-08', name: 'Steel bottle', category: 'outdoor', price: 24 },
  { sku: 'STOVE-09', name: 'Camping stove', category: 'outdoor', price: 58.75 },
  { sku: 'NOTE-10', name: 'Dotted notebook', category: 'paper', price: 9.9 },
  { sku: 'PEN-11', name: 'Fountain pen', category: 'paper', price: 48 },
  { sku: 'CARDS-12', name: 'Set of cards', category: 'paper', price: 12 },
];

export const REGIONS = ['eu-west', 'eu-north', 'us-east', 'ap-south'] as const;
export type Region = (typeof REGIONS)[number];

/** How often each provider is used. */
export const PROVIDERS = { northpay: 5, cardwell: 4, paylane: 2 } as const;
export type Provider = keyof typeof PROVIDERS;

export const PAYMENT_METHODS = { card: 7, wallet: 3, invoice: 1, gift_card: 1 } as const;
export type PaymentMethod = keyof typeof PAYMENT_METHODS;

export interface Customer {
  readonly id: string;
  readonly region: Region;
  readonly returning: boolean;
  /** Missing for customers who came over from the old shop: fulfilment has a bug with them. */
  readonly address?: { readonly city: string; readonly postcode: string };
}

export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
}

/** What the shopper sends at checkout. */
export interface Basket {
  readonly customer: Customer;
  readonly lines: readonly OrderLine[];
  readonly paymentMethod: PaymentMethod;
  readonly provider: Provider;
}

/** What travels from orders to fulfilment. */
export interface PaidOrder {
  readonly id: string;
  readonly customer: Customer;
  readonly lines: readonly OrderLine[];
  readonly total: number;
}

/** The price of all lines in dollars, to the cent. */
export function totalOf(lines: readonly OrderLine[]): number {
  const sum = lines.reduce((total, line) => total + productOf(line.sku).price * line.quantity, 0);
  return Math.round(sum * 100) / 100;
}

/** @throws Error when there is no such product. */
export function productOf(sku: string): Product {
  const product = PRODUCTS.find((candidate) => candidate.sku === sku);
  if (product === undefined) throw new Error(`no product ${sku}`);
  return product;
}

export function randomCustomer(random: Random): Customer {
  const customer = {
    id: `C-${random.integer(1, 500)}`,
    region: random.weighted({ 'eu-west': 4, 'eu-north': 2, 'us-east': 4, 'ap-south': 2 }),
    returning: random.chance(0.6),
  };
  if (random.chance(0.02)) return customer;
  return {
    ...customer,
    address: { city: random.pick(['Lund', 'Porto', 'Utrecht', 'Pune', 'Boston']), postcode: '20431' },
  };
}

export function randomBasket(random: Random): Basket {
  const lines = Array.from({ length: random.integer(1, 4) }, () => ({
    sku: random.pick(PRODUCTS).sku,
    quantity: random.chance(0.75) ? 1 : random.integer(2, 5),
  }));
  return {
    customer: randomCustomer(random),
    lines,
    paymentMethod: random.weighted(PAYMENT_METHODS),
    provider: random.weighted(PROVIDERS),
  };
}
