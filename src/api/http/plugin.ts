/** What an API is to the server: a folder beside this one exports one `ApiPlugin`, and a line in ../plugins.ts names it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ActiveGroup } from '#alerting';
import type { Notifier } from '#alerting/notify';
import type { ReadOptions, StoreReader } from '#query';
import type { MetricSink, PinnedTraces } from '#store';
import type { DashboardSource } from '../dashboards.ts';
import type { LogLinker } from '../log-links.ts';
import type { OttlPlayground } from '../playground.ts';
import type { SearchShelf } from '../searches.ts';
import type { Principal } from './access.ts';
import type { Answer } from './answers.ts';
import type { ApiFailure } from './errors.ts';

export interface ApiPlugin {
  /** In lower case; what the hooks of access and the log call it. */
  readonly name: string;
  /** Where its routes stand: below each of these. The empty one is the root; a route of its own below the root wins over the console's pages. */
  readonly prefixes: readonly string[];
  readonly limits: ApiLimits;
  /** Said in a browser at the first prefix, which is the address that people give to another tool. */
  readonly about?: string;
  /** Whether `explain=1` adds the statements behind an answer to it. */
  readonly explains?: true;
  /** How a failure looks to the clients of this API: what becomes JSON with the failure's status, or a TextAnswer. */
  readonly failed: (failure: ApiFailure) => object;
  /** Called once, when the server is made; what it needs of the server it names in its parameter. */
  readonly routes: (needs: ApiNeeds) => readonly ApiRoute[];
  /** What it answers over gRPC; called as `routes`. */
  readonly grpc?: (needs: ApiNeeds) => readonly GrpcMethod[];
}

/** What an API may take and give. Whatever a limit refuses is said in the API's own form. */
export interface ApiLimits {
  /** The longest answer, before compression. */
  readonly answerBytes: number;
  /** The longest body of a request. */
  readonly bodyBytes: number;
  /** How long a request may wait for the store before it is answered with 504; for each further piece of a streamed answer again. */
  readonly deadlineMs: number;
  /** How many answers may be in the making; others wait in line. */
  readonly concurrency: number;
  /** How many of its large answers may be. */
  readonly largeConcurrency: number;
}

/** What the server gives to plugins. */
export interface ApiNeeds {
  readonly version: string;
  /** Where services send telemetry; a protocol without a port is not taken. */
  readonly ingest: { readonly grpcPort?: number; readonly httpPort?: number };
  /** Where the collector of this machine answers (#base/local-socket.ts); undefined where there can be none. */
  readonly collectorSocket?: string | undefined;
  /** Takes the metrics that are pushed; undefined where the server only reads. */
  readonly sink?: MetricSink | undefined;
  /** The rules that the server evaluates; undefined where it has none. */
  readonly rules?: { readonly groups: readonly ActiveGroup[] } | undefined;
  /** Addresses that alerts of the rules are sent to. */
  readonly alertmanagers?: readonly string[] | undefined;
  /** Tells people of alerts; undefined where the server tells nobody. Of the tenant without a name. */
  readonly notifier?: Notifier | undefined;
  /** Runs statements in OTTL; undefined where the server has nothing that does. */
  readonly ottl?: OttlPlayground | undefined;
  /** Undefined where the server was given none. */
  readonly dashboards?: DashboardSource | undefined;
  /** Keeps traces whatever the retention; undefined where the server only reads. */
  readonly pins?: TracePins | undefined;
  /** Keeps searches of people; undefined where the server keeps none. */
  readonly searches?: SearchShelf | undefined;
  /** Undefined where the server was given no data sources. */
  readonly logLinks?: LogLinker | undefined;
  /** Takes what ends with the server. */
  readonly onClose: (end: () => void) => void;
}

/** Traces that outlive the retention, of each tenant (PinnedTraces of #store). */
export interface TracePins {
  of(tenant: string): Pick<PinnedTraces, 'list' | 'pin' | 'unpin'>;
}

export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the prefix: `/services/:name`. */
  readonly path: string;
  readonly answer: (request: ApiRequest) => Answer | Promise<Answer>;
  /** In place of the plugin's, where this route differs. */
  readonly limits?: Partial<Pick<ApiLimits, 'answerBytes' | 'bodyBytes' | 'deadlineMs'>> & {
    /** Bodies that may be in memory at a time; what comes beyond is told to come again. */
    readonly heldBytes?: number;
  };
  /** In place of the plugin's. */
  readonly failed?: (failure: ApiFailure) => object;
  /** Takes much memory while it is made: of these a few are made at a time. */
  readonly isLarge?: true;
  /** Stands below the plugin's first prefix only: elsewhere the path is another's. */
  readonly isBelowFirst?: true;
  /** Stands at the root, too. */
  readonly isAtRootToo?: true;
  /** Waits for no other: it says how the system is, also where that is too busy, or is bounded by its bytes. */
  readonly isUrgent?: true;
}

/** One request as routes see it. */
export interface ApiRequest {
  readonly principal: Principal;
  /** Reads the rows of the request's tenant, and no others. State that outlives a request is kept for each `reader.tenant` (PerTenant). */
  readonly reader: StoreReader;
  /** For everything that is read for this request. */
  readonly options: ReadOptions;
  /** As the router gives it: a repeated parameter is a list. */
  readonly query: QueryString;
  readonly headers: IncomingHttpHeaders;
  /** Parts of the path, decoded. */
  readonly path: { readonly [name: string]: string };
  /** Empty where there is none. */
  readonly body: Buffer;
}

/** A method of a gRPC service that takes one message. */
export interface GrpcMethod {
  /** `/package.Service/Method` */
  readonly path: string;
  /** One message, or many. A DecodeError for a message that can't be read, and whatever routes throw, become the call's status. */
  readonly answer: (request: GrpcRequest) => Promise<Uint8Array> | AsyncGenerator<Uint8Array>;
  /** Takes much memory while it is made: of these a few are made at a time. */
  readonly isLarge?: true;
}

/** One call as methods see it. */
export interface GrpcRequest extends Pick<ApiRequest, 'principal' | 'reader' | 'options'> {
  readonly message: Uint8Array;
}

export type QueryString = { readonly [name: string]: string | readonly string[] | undefined };
