import { describe, test } from 'vitest';
import type {
  ConnectorFactory,
  ExporterFactory,
  ExtensionFactory,
  Factory,
  ProcessorFactory,
  ReceiverFactory,
} from '../contracts.ts';
import { accountingChecks } from './checks/accounting.ts';
import { configurationChecks } from './checks/configuration.ts';
import { exporterChecks, receiverChecks } from './checks/ends.ts';
import { flowChecks } from './checks/flow.ts';
import { lifecycleChecks } from './checks/lifecycle.ts';
import { type Check, Subject, type SuiteOptions } from './subject.ts';

type AnyFactory<Config> =
  | ReceiverFactory<Config>
  | ProcessorFactory<Config>
  | ExporterFactory<Config>
  | ConnectorFactory<Config>
  | ExtensionFactory<Config>;

/** What every component must do, whatever it is for. Call it in the `suite.test.ts` of the component's folder. */
export function componentSuite<Config>(factory: AnyFactory<Config>, options: SuiteOptions = {}): void {
  describe(`${factory.kind} ${factory.type}`, () => {
    for (const { name, run } of componentChecks(factory, options)) test(name, run);
  });
}

/** The same as a list. */
export function componentChecks<Config>(factory: AnyFactory<Config>, options: SuiteOptions = {}): Check[] {
  const subject = new Subject(factory as unknown as Factory, options);
  const common = [...configurationChecks(subject), ...lifecycleChecks(subject)];
  switch (factory.kind) {
    case 'processor':
    case 'connector':
      return [...common, ...flowChecks(subject), ...accountingChecks(subject)];
    case 'exporter':
      return [...common, ...exporterChecks(subject)];
    case 'receiver':
      return [...common, ...receiverChecks(subject)];
    case 'extension':
      return common;
  }
}
