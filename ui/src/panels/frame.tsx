/** The frame of every page: rail, top bar with the scope, and the page; or the first-run page while nothing is stored. */
import { useQueryClient } from '@tanstack/react-query';
import { type ErrorComponentProps, Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { StatusResponse } from '#api/types.ts';
import { useAnnounced } from '../lib/announce.ts';
import { copyText } from '../lib/clipboard.ts';
import { listenForKeys, useKeys } from '../lib/keys.ts';
import { useConsoleSearch } from '../lib/page-search.ts';
import { serverAnswers } from '../lib/reload.ts';
import { ScopeProvider, useApi, useScope } from '../lib/scope.tsx';
import { keepScope } from '../lib/search.ts';
import { useTheme } from '../lib/theme.tsx';
import { isWelcomePlace } from '../lib/welcome.ts';
import { Icon, type IconName } from '../widgets/icons.tsx';
import { Popover } from '../widgets/popover.tsx';
import { SelectMenu } from '../widgets/select-menu.tsx';
import { ErrorState } from '../widgets/states.tsx';
import { FirstRun, useFirstItem } from './first-run.tsx';
import { HealthBanner, silenceOf } from './health.tsx';
import { KeyHelp } from './key-help.tsx';
import { SearchMenu } from './searches/search-menu.tsx';
import { TimeRangePicker } from './time-range-picker.tsx';

interface Section {
  readonly path: string;
  readonly title: string;
  readonly icon: IconName;
  readonly key: string;
  /** On a phone it is behind "More". */
  readonly isFurther?: true;
  /** Pages that belong to the section and have no place of their own in the rail. */
  readonly below?: readonly string[];
}

const SECTIONS: readonly Section[] = [
  { path: '/services', title: 'Services', icon: 'services', key: 's' },
  { path: '/map', title: 'Map', icon: 'map', key: 'p', isFurther: true },
  { path: '/traces', title: 'Traces', icon: 'traces', key: 't', below: ['/compare', '/trace-file'] },
  { path: '/logs', title: 'Logs', icon: 'logs', key: 'l' },
  { path: '/errors', title: 'Errors', icon: 'errors', key: 'x', isFurther: true },
  { path: '/metrics', title: 'Metrics', icon: 'metrics', key: 'm' },
  { path: '/explore', title: 'Explore', icon: 'explore', key: 'e', isFurther: true },
  { path: '/sql', title: 'SQL', icon: 'sql', key: 'q', isFurther: true },
  { path: '/dashboards', title: 'Dashboards', icon: 'dashboards', key: 'd' },
  { path: '/alerts', title: 'Alerts', icon: 'alerts', key: 'a' },
  { path: '/system', title: 'System', icon: 'system', key: 'y', isFurther: true, below: ['/tap', '/ottl'] },
];
const SEND: Section = { path: '/send', title: 'Send', icon: 'send', key: 'u', isFurther: true };

const STATUS_EVERY_MS = 10_000;
/** The end of a silence must be seen soon. */
const SILENT_EVERY_MS = 3_000;
const FIRST_RUN_EVERY_MS = 1_500;

export function Frame() {
  useEffect(listenForKeys, []);
  return (
    <ScopeProvider>
      <FrameBody />
    </ScopeProvider>
  );
}

function FrameBody() {
  const [waiting, setWaiting] = useState(false);
  const status = useApi<StatusResponse>(
    '/status',
    {},
    {
      enabled: useIsQuiet(),
      refetchEveryMs: (answer) =>
        waiting ? FIRST_RUN_EVERY_MS : answer?.store.available === false ? SILENT_EVERY_MS : STATUS_EVERY_MS,
    },
  );
  const silence = silenceOf(status);
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const signals = status.data?.signals;
  const empty = signals !== undefined && !Object.values(signals).some(({ hasData }) => hasData);
  useEffect(() => setWaiting(empty), [empty]);
  const [arrived, setArrived] = useState(false);
  const openFirstItem = useFirstItem();
  // The page of the first run turns into what it waited for.
  useEffect(() => {
    if (!waiting || signals === undefined || empty || !isWelcomePlace(pathname)) return;
    setArrived(true);
    void openFirstItem(signals).finally(() => setArrived(false));
  }, [waiting, empty, signals, pathname, openFirstItem]);
  const firstRun = (empty || arrived) && isWelcomePlace(pathname);
  return (
    <div className="frame">
      <a className="skip-link" href="#page">
        To the page
      </a>
      <Rail />
      <TopBar status={status.data} silent={silence !== undefined} />
      <main className="page" id="page" tabIndex={-1}>
        {silence ? <HealthBanner silence={silence} /> : null}
        {status.error && !status.data ? (
          <ErrorState error={status.error} onRetry={status.retry} />
        ) : firstRun && status.data ? (
          <FirstRun status={status.data} waiting />
        ) : (
          <Outlet />
        )}
      </main>
      <Announcer />
    </div>
  );
}

/** The page's own question goes first. */
const QUIET_CHECK_MS = 100;
const QUIET_LIMIT_MS = 1_000;

/** False until the page has its first answer, or lets wait for it. */
function useIsQuiet(): boolean {
  const client = useQueryClient();
  const [isQuiet, setIsQuiet] = useState(false);
  useEffect(() => {
    const untilMs = Date.now() + QUIET_LIMIT_MS;
    const timer = window.setInterval(() => {
      if (client.isFetching() > 0 && Date.now() < untilMs) return;
      window.clearInterval(timer);
      setIsQuiet(true);
    }, QUIET_CHECK_MS);
    return () => window.clearInterval(timer);
  }, [client]);
  return isQuiet;
}

/** Always there, so that screen readers watch it. */
function Announcer() {
  return (
    <div className="visually-hidden" role="status" aria-live="polite" data-testid="announcer">
      {useAnnounced()}
    </div>
  );
}

function Rail() {
  const navigate = useNavigate();
  const search = useConsoleSearch();
  const scope = keepScope(search);
  useKeys(
    [...SECTIONS, SEND].map(({ path, title, key }) => ({
      keys: `g ${key}`,
      help: title,
      group: 'Go to',
      run: () => void navigate({ to: path, search: scope }),
    })),
  );
  return (
    <nav className="rail" aria-label="Sections">
      <Link to="/services" search={scope} className="rail-logo" aria-label="Signalbox">
        <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
          <rect width="24" height="24" rx="5" fill="var(--accent-strong)" />
          <path d="M5 8h9M8 12h11M5 16h6" stroke="#fff" strokeWidth="2.4" strokeLinecap="round" fill="none" />
        </svg>
      </Link>
      {SECTIONS.map((section) => (
        <SectionLink key={section.path} section={section} />
      ))}
      <span className="spacer" />
      <SectionLink section={SEND} />
      <MoreSections />
    </nav>
  );
}

interface SectionLinkProps {
  readonly section: Section;
  readonly onGo?: () => void;
}

function SectionLink({ section, onGo }: SectionLinkProps) {
  const { path, title, icon, key, isFurther, below } = section;
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const name = isFurther && onGo === undefined ? 'rail-link further' : 'rail-link';
  return (
    <Link
      to={path}
      search={keepScope(useConsoleSearch())}
      className={below?.includes(pathname) ? `${name} active` : name}
      activeProps={{ className: 'active' }}
      activeOptions={{ includeSearch: false }}
      title={`${title} ( g ${key} )`}
      {...(onGo && { onClick: onGo })}
    >
      <Icon name={icon} size={18} />
      {title}
    </Link>
  );
}

/** On a phone: the sections that have no room beside each other. */
function MoreSections() {
  const further = [...SECTIONS, SEND].filter(({ isFurther }) => isFurther);
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const isHere = further.some(({ path, below }) => pathname.startsWith(path) || below?.includes(pathname));
  return (
    <div className="rail-more">
      <Popover
        title="More sections"
        className={isHere ? 'rail-link active' : 'rail-link'}
        label={
          <>
            <Icon name="more" size={18} />
            More
          </>
        }
      >
        {(close) => further.map((section) => <SectionLink key={section.path} section={section} onGo={close} />)}
      </Popover>
    </div>
  );
}

function TopBar({ status, silent }: { readonly status: StatusResponse | undefined; readonly silent: boolean }) {
  const scope = useScope();
  const { tokens, cycle } = useTheme();
  const [help, setHelp] = useState(false);
  useKeys([
    { keys: '?', help: 'All keys', group: 'Page', run: () => setHelp(true) },
    { keys: 'v', help: 'Live on or off', group: 'Time', run: () => scope.setLive(!scope.live) },
    { keys: 'T', help: 'Dark or light', group: 'Page', run: cycle },
  ]);
  const environments = status?.environments ?? [];
  return (
    <header className="top-bar">
      <div className="top-title" id="page-title" />
      {environments.length > 0 ? (
        <SelectMenu
          name="env"
          value={scope.environment}
          anyLabel="all"
          align="right"
          options={environments.map((value) => ({ value }))}
          onChange={scope.setEnvironment}
        />
      ) : null}
      <TimeRangePicker />
      <button
        type="button"
        className={`button ${scope.live ? 'on' : ''} ${silent ? 'stalled' : ''}`}
        aria-pressed={scope.live}
        disabled={!scope.moving}
        title={
          !scope.moving
            ? 'Live needs a range that ends now'
            : silent
              ? 'Nothing new arrives: see above'
              : 'Refresh by itself ( v )'
        }
        onClick={() => scope.setLive(!scope.live)}
      >
        <i className="live-dot" />
        Live
      </button>
      <SearchMenu />
      <CopyLink />
      <button
        type="button"
        className="button icon quiet"
        title={`${tokens.name === 'dark' ? 'Light' : 'Dark'} theme ( T )`}
        aria-label="Switch theme"
        onClick={cycle}
      >
        <Icon name={tokens.name === 'dark' ? 'sun' : 'moon'} />
      </button>
      <button
        type="button"
        className="button icon quiet"
        title="Keys ( ? )"
        aria-label="Keyboard help"
        onClick={() => setHelp(true)}
      >
        <Icon name="help" />
      </button>
      {help ? <KeyHelp onClose={() => setHelp(false)} /> : null}
    </header>
  );
}

/** Copies the page's address with the range as two fixed times, so that it shows the same to whoever opens it later. */
function CopyLink() {
  const scope = useScope();
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      className="button icon quiet"
      title="Copy a link that keeps these exact times"
      aria-label="Copy link"
      onClick={() => {
        const url = new URL(location.href);
        url.searchParams.delete('range');
        url.searchParams.delete('live');
        url.searchParams.set('from', String(scope.fromMs));
        url.searchParams.set('to', String(scope.toMs));
        void copyText(url.href).then((done) => {
          setCopied(done);
          window.setTimeout(() => setCopied(false), 1500);
        });
      }}
    >
      <Icon name={copied ? 'check' : 'link'} />
    </button>
  );
}

export function NotFound() {
  return (
    <div className="state">
      <div className="state-title">There is no page at this address</div>
      <div className="state-actions">
        <Link to="/services" search={{}} className="button primary">
          Services
        </Link>
      </div>
    </div>
  );
}

/** A page that failed while drawing: a mistake of ours, or a part of the console that a newer version replaced. */
export function Broken({ error }: ErrorComponentProps) {
  const [isSilent, setSilent] = useState(false);
  const loadAgain = async (): Promise<void> => {
    setSilent(false);
    if (await serverAnswers()) location.reload();
    else setSilent(true);
  };
  return (
    <div className="state state-error" role="status">
      <div className="state-title">
        <Icon name="warning" /> This page could not be shown
      </div>
      <pre className="mono state-query">{brokenText(error instanceof Error ? error.message : String(error))}</pre>
      <div className="state-actions">
        <button type="button" className="button" onClick={() => void loadAgain()}>
          Load again
        </button>
        {isSilent ? <span className="muted">The server does not answer yet.</span> : null}
      </div>
    </div>
  );
}

/** Browsers say it each in their words, with the address of a file of which nobody has heard. */
function brokenText(message: string): string {
  return /import.*module/i.test(message) ? 'A part of it could not be loaded from the server.' : message;
}
