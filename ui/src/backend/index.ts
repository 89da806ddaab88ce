// The one border between the app's pages and whatever keeps the data. In the app's window it is the Tauri shell, in tests
// and in a bare browser in development it is the fake: pages only ever see this interface.
import { isTauri } from '@tauri-apps/api/core'
import { inject, type InjectionKey } from 'vue'

import type {
  AmendmentView,
  AnswerReport,
  AppInfo,
  AssetPage,
  Attached,
  BulkReport,
  Carrier,
  Capture,
  CountersignatureView,
  EnrolRequest,
  Finding,
  LabelLookup,
  LayerKind,
  NewAnswer,
  NewDeskCall,
  NewFinding,
  NewFollowUp,
  NewReading,
  NewReturn,
  NewSeal,
  NewSighting,
  OutboxItem,
  PackWritten,
  RackView,
  RecordDetail,
  RecordRow,
  RecordSide,
  RelayExported,
  RelayProgress,
  RelayTaken,
  Reviewed,
  ReviewQueue,
  ReviewRecord,
  ScanReport,
  ScanSource,
  SealedVisit,
  SessionView,
  Status,
  SyncNews,
  SyncPolicy,
  SyncProgress,
  SyncReport,
  PhotoBudget,
  Released,
  Today,
  VisitView,
  VmTable,
} from '@/gen'

export type PhotoSize = 'thumbnail' | 'screen' | 'original'

/** A photo as the page gives it; its bytes go beside it. */
export interface NewPhoto {
  /** The line's number; `null` for a photo of a finding or of an unknown asset. */
  readonly line: number | null
  readonly file_name: string
  readonly capture: Capture
  readonly caption: string
  /** Set for an annotated or masked copy: the original stays untouched. */
  readonly layer: { readonly of: string; readonly kind: LayerKind } | null
  /** The photo of the problem that this one, taken after the fix, answers. */
  readonly after_of?: string
}

/** A run of synchronisation under way. */
export interface SyncRun {
  readonly done: Promise<SyncReport>
  cancel(): Promise<void>
}

export interface Backend {
  appInfo(): Promise<AppInfo>

  // People and the unlocked session. Everything below `unlock` speaks for the unlocked person.
  session(): Promise<SessionView>
  /** Asks the service for enrolment; afterwards the person is unlocked. */
  enrol(request: EnrolRequest): Promise<SessionView>
  unlock(person: string, passphrase: string): Promise<SessionView>
  /** Closes the data and wipes the keys; drafts and places are kept. */
  lock(): Promise<SessionView>
  /** Somebody touched the window: it does not lock itself yet. */
  touched(): Promise<void>
  /** Of the unlocked person; the old one counts as a try. */
  changePassphrase(old: string, passphrase: string): Promise<void>
  setAutoLock(minutes: number): Promise<SessionView>
  status(): Promise<Status>

  // What the page has not stored as an answer yet: where the person is, half-written notes. Survives a kill.
  scratch(key: string): Promise<string | null>
  keepScratch(key: string, text: string | null): Promise<void>

  // Work.
  today(): Promise<Today>
  /** Whether the photos of the visits ahead will fit; may take a moment in a large round. */
  photoBudget(): Promise<PhotoBudget>
  /** `place` is a visit's id, a label's text or the code printed beside it. */
  startVisit(place: string): Promise<VisitView>
  visit(id: string): Promise<VisitView>
  recordResult(visit: string, answer: NewAnswer): Promise<AnswerReport>
  recordReading(visit: string, line: number, point: string, values: NewReading[]): Promise<AnswerReport>
  /** Fills blanks only; needs the place's label scanned. */
  fillRestNormal(visit: string): Promise<BulkReport>
  undoBulk(visit: string): Promise<VisitView>
  rack(visit: string): Promise<RackView>
  sight(visit: string, sighting: NewSighting): Promise<RackView>
  /** Takes a sighting back by its number; photos that nothing else names go with it. */
  unsight(visit: string, sighting: number): Promise<RackView>
  /** Every asset scanned here whose position nobody disputed is as the ledger says. */
  sightScannedAsInLedger(visit: string): Promise<RackView>
  closeRack(visit: string, closed: boolean): Promise<RackView>
  /** Counts a platform's table for a line of a cluster; stores nothing. */
  readVmTable(visit: string, line: number, bytes: Uint8Array<ArrayBuffer>): Promise<VmTable>
  reportFinding(visit: string, finding: NewFinding): Promise<Finding>
  /** The first call of a finding, or feedback on it. */
  noteDeskCall(visit: string, finding: string, call: NewDeskCall): Promise<Finding>
  removeFinding(visit: string, finding: string): Promise<VisitView>
  /** What was found of a problem that an earlier round left open. */
  answerFollowUp(visit: string, answer: NewFollowUp): Promise<VisitView>

  // Scanning. `lookUp` judges without a visit; `scanLabel` judges and records.
  readFrame(width: number, height: number, luma: Uint8Array<ArrayBuffer>): Promise<string[]>
  readPicture(bytes: Uint8Array<ArrayBuffer>): Promise<string[]>
  lookUp(text: string): Promise<LabelLookup>
  /** Any two characters of name, serial, asset tag or owning unit. `visit` says which round's ledger; `after` is a page's `next`. */
  searchAssets(visit: string | null, text: string, after: string | null): Promise<AssetPage>
  scanLabel(visit: string, text: string, source: ScanSource): Promise<ScanReport>

  // Photos.
  attachPhoto(visit: string, photo: NewPhoto, bytes: Uint8Array<ArrayBuffer>): Promise<Attached>
  detachPhoto(visit: string, line: number | null, sha256: string): Promise<VisitView>
  photo(sha256: string, size: PhotoSize): Promise<Blob>

  // Sealing. One passphrase seals one visit or several.
  seal(visits: string[], passphrase: string, seal: NewSeal): Promise<SealedVisit[]>

  // After sealing.
  outbox(): Promise<OutboxItem[]>
  records(): Promise<RecordRow[]>
  record(id: string): Promise<RecordDetail>
  /** Sends what waits, fetches receipts, then fetches new work; over any network, because somebody asked for it. */
  sync(progress: (progress: SyncProgress) => void): SyncRun
  /** The run under way, whoever began it, ends or does not sit out its pause. */
  syncCancel(): Promise<void>
  syncRetry(): Promise<void>
  /** From now on tells of the synchronisation in the background. */
  syncListen(hear: (news: SyncNews) => void): Promise<void>
  syncPolicy(): Promise<SyncPolicy>
  setSyncPolicy(policy: SyncPolicy): Promise<SyncPolicy>

  // 复核. What was pulled is looked at and signed without the network; only fetching photos needs it.
  reviewQueue(): Promise<ReviewQueue>
  /** Checked anew from the stored bytes each time. */
  reviewRecord(id: string): Promise<ReviewRecord>
  /** How many came. */
  fetchReviewPhotos(id: string): Promise<number>
  /** One passphrase countersigns one record or many; each has its own result. */
  countersign(records: string[], comment: string, passphrase: string): Promise<Reviewed[]>
  returnRecord(record: string, reasons: NewReturn, passphrase: string): Promise<string>
  /** Opens a returned visit again with everything its record says. */
  amend(visit: string): Promise<AmendmentView>
  /** What reviewers said of a record sealed here. */
  countersignatures(record: string): Promise<CountersignatureView[]>
  /** What changed from the record that this one amends; `null` where it amends none. */
  amendedDifference(record: string): Promise<RecordSide | null>

  // Room on the disk.
  releasable(): Promise<Released>
  /** Removes the originals of delivered photos, oldest first. */
  releasePhotos(): Promise<Released>
  /** The sticks and cards that are plugged in. */
  carriers(): Promise<Carrier[]>
  /** Writes what the service lacks into a folder, sealed for it; nothing counts as sent by that. */
  relayExport(folder: string, progress: (now: RelayProgress) => void): Promise<RelayExported>
  /** Takes in the service's answers from a folder or one file. */
  relayImport(place: string): Promise<RelayTaken>
  /** Writes a delivered record as an evidence pack into a folder. */
  packRecord(id: string, folder: string): Promise<PackWritten>
}

export const backendKey: InjectionKey<Backend> = Symbol('backend')

/** The backend that the entry provided to its pages. */
export function useBackend(): Backend {
  const backend = inject(backendKey)
  if (!backend) throw new Error('No backend was provided: each entry and each test provides one under backendKey.')
  return backend
}

/** Chooses the backend of the app entry. A bare browser gets the fake in development only, never in a build. */
export async function openBackend(): Promise<Backend> {
  if (import.meta.env.DEV && !isTauri()) {
    // `/?fake=locked#/` and `/?fake=fresh#/` open the first screens, `/?problems#/` has a problem of an earlier round.
    const session = (['fresh', 'locked'] as const).find((one) => one === new URLSearchParams(location.search).get('fake'))
    const hasOpenProblems = new URLSearchParams(location.search).has('problems')
    return (await import('./fake')).createFakeBackend({ hasOpenProblems, ...(session ? { session } : {}) })
  }
  return (await import('./tauri')).createTauriBackend()
}
