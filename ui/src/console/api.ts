// The console's border with the service. Every page imports its types from here, so that a change of where they come from
// is one line, and sees the service only through `ConsoleApi`: over HTTP when served, the fake in tests and development.
import { inject, type InjectionKey } from 'vue'

import type {
  AsideItem,
  AssetItem,
  AuditItem,
  BesideView,
  ChangeSetDetail,
  ChangeSetItem,
  CheckpointView,
  ConsoleRecord,
  ConsoleSession,
  CountedView,
  DiscrepancyItem,
  EnrolCode,
  FindingItem,
  ImportPreview,
  IndicatorView,
  KeyItem,
  LabelItem,
  LedgerTable,
  LedgerVersionItem,
  LineItem,
  LogItem,
  LogLeaf,
  MonitoringView,
  NewLabels,
  NewPerson,
  NewRoundRequest,
  Overview,
  Page,
  PartyItem,
  PersonItem,
  PrintedLabels,
  RecordItem,
  RectificationDetail,
  RectificationStanding,
  RoundDetail,
  RoundItem,
  RoundPreview,
  TerminalItem,
  UnopenedItem,
  VerificationRun,
  VisitItem,
} from '@/gen'

import type { LedgerWords } from './ledger/words'

export type * from '@/gen'
export type { Finding, Reconciliation, Record as InspectionRecord, Role, Round, Severity, StepReport, Subject, Text, Verdict } from '@/gen'

/** What a list is narrowed down to; empty values are left out. */
export type Query = Readonly<Record<string, string>>
export type PhotoSize = 'thumbnail' | 'screen' | 'original'
export type FileFormat = 'csv' | 'json'

export interface ConsoleApi {
  /** `null` when nobody is logged in. */
  session(): Promise<ConsoleSession | null>
  logIn(name: string, password: string): Promise<ConsoleSession>
  logOut(): Promise<void>

  overview(round: string): Promise<Overview>
  verification(): Promise<VerificationRun | null>
  verifyAgain(): Promise<VerificationRun>

  rounds(): Promise<RoundItem[]>
  round(id: string): Promise<RoundDetail>
  visits(round: string, query: Query, after: string | null): Promise<Page<VisitItem>>
  previewRound(round: NewRoundRequest): Promise<RoundPreview>
  openRound(round: NewRoundRequest): Promise<RoundItem>
  assign(round: string, visits: string[], person: string | null): Promise<void>
  /** What was due and what became of it, counted from the log; and how the round was closed, or who may close it. */
  coverage(round: string): Promise<CountedView>
  /** The lines behind a number. */
  lines(round: string, query: Query, after: string | null): Promise<Page<LineItem>>
  indicators(round: string): Promise<IndicatorView[]>
  /** The archive of a closed round. */
  archiveUrl(round: string): string

  records(query: Query, after: string | null): Promise<Page<RecordItem>>
  record(id: string): Promise<ConsoleRecord>
  photoUrl(record: string, sha256: string, size: PhotoSize): string
  photo(record: string, sha256: string, size: PhotoSize): Promise<Blob>
  envelopeUrl(record: string): string

  findings(query: Query, after: string | null): Promise<Page<FindingItem>>
  discrepancies(query: Query, after: string | null): Promise<Page<DiscrepancyItem>>

  rectifications(query: Query, after: string | null): Promise<Page<RectificationStanding>>
  /** What records show and nobody has opened. */
  unopened(query: Query, after: string | null): Promise<Page<UnopenedItem>>
  rectification(id: string): Promise<RectificationDetail>
  /** Those of a round, or all, as a file. */
  exportRectifications(round: string, format: FileFormat): Promise<Blob>

  ledgerVersions(): Promise<LedgerVersionItem[]>
  assets(query: Query, after: string | null): Promise<Page<AssetItem>>
  /** The headings of the files, also of one that tells nothing by itself. */
  ledgerColumns(files: readonly File[], said: LedgerWords): Promise<LedgerTable[]>
  previewLedger(files: readonly File[], allowRemovals: boolean, said: LedgerWords): Promise<ImportPreview>
  importLedger(files: readonly File[], allowRemovals: boolean, said: LedgerWords): Promise<ImportPreview>
  ledgerChanges(query: Query, after: string | null): Promise<Page<ChangeSetItem>>
  ledgerChange(id: string): Promise<ChangeSetDetail>

  labels(query: Query, after: string | null): Promise<Page<LabelItem>>
  printLabels(labels: NewLabels): Promise<PrintedLabels>
  labelUrl(print: string): string

  people(): Promise<PersonItem[]>
  parties(): Promise<PartyItem[]>
  addPerson(person: NewPerson): Promise<PersonItem>
  enrolCode(person: string): Promise<EnrolCode>
  terminals(): Promise<TerminalItem[]>
  keys(): Promise<KeyItem[]>
  /** The statements waiting for the site root's signature, as one file. */
  keyRequests(): Promise<Blob>
  admitKeys(signed: File): Promise<void>
  /** What the site root signs to revoke this key, as a file. */
  revocationRequest(key: string, reason: string): Promise<Blob>
  revokeKeys(signed: File): Promise<void>

  /** What the samples of a period come to; of the 30 days up to the newest one where none is named. */
  monitoring(period: string): Promise<MonitoringView>

  log(query: Query, after: string | null): Promise<Page<LogItem>>
  leaf(index: number): Promise<LogLeaf>
  checkpoint(): Promise<CheckpointView>
  aside(query: Query, after: string | null): Promise<Page<AsideItem>>
  /** Everything that claims the place of the record with this envelope. */
  beside(envelope: string): Promise<BesideView>
  audit(query: Query, after: string | null): Promise<Page<AuditItem>>
}

export const consoleKey: InjectionKey<ConsoleApi> = Symbol('console')

/** The service that the entry provided to its pages. */
export function useConsole(): ConsoleApi {
  const api = inject(consoleKey)
  if (!api) throw new Error('No console API was provided: the entry and each test provide one under consoleKey.')
  return api
}

/** A bare browser in development gets the fake; what the service serves always speaks HTTP to where it came from. */
export async function openConsole(): Promise<ConsoleApi> {
  if (import.meta.env.DEV && !new URLSearchParams(window.location.search).has('http')) {
    return (await import('./fake')).createFakeConsole()
  }
  return (await import('./http')).createHttpConsole()
}
