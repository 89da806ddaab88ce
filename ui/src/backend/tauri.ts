// The backend inside the app's window: each method is one command of the Tauri shell (src-tauri/src/commands/).
import { Channel, invoke, type InvokeArgs, type InvokeOptions } from '@tauri-apps/api/core'

import type { IpcError, RelayProgress, SyncNews, SyncProgress, SyncReport } from '@/gen'

import type { Backend } from '.'
import { BackendError } from './error'

type Bytes = Uint8Array<ArrayBuffer>

/** What the shell rejects with; anything else (a command unknown, an argument of another shape) is the program's fault. */
function isIpcError(error: unknown): error is IpcError {
  return typeof error === 'object' && error !== null && 'code' in error && 'text' in error
}

async function call<T>(command: string, args?: InvokeArgs, options?: InvokeOptions): Promise<T> {
  try {
    return await invoke<T>(command, args, options)
  } catch (error) {
    if (isIpcError(error)) throw new BackendError(error.code, error.text, error.problems, error.retryable)
    throw new BackendError('system', {
      zh: `程序内部出错（${command}）：${String(error)}`,
      en: `Something failed inside the program (${command}): ${String(error)}`,
    })
  }
}

/** A command with raw bytes as its body: its arguments travel in a header, which holds ASCII only. */
function callWithBytes<T>(command: string, bytes: Bytes, args: object): Promise<T> {
  return call<T>(command, bytes, { headers: { 'x-xunjian-args': encodeURIComponent(JSON.stringify(args)) } })
}

/** What photo bytes are, by their first ones: the shell sends bytes only. */
function mediaType(bytes: Bytes): string {
  const starts = (...magic: number[]) => magic.every((byte, at) => bytes[at] === byte)
  if (starts(0xff, 0xd8)) return 'image/jpeg'
  if (starts(0x89, 0x50, 0x4e, 0x47)) return 'image/png'
  if (starts(0x52, 0x49, 0x46, 0x46)) return 'image/webp'
  return 'text/csv'
}

export function createTauriBackend(): Backend {
  return {
    appInfo: () => call('app_info'),

    session: () => call('session'),
    enrol: (request) => call('enrol', { request }),
    unlock: (person, passphrase) => call('unlock', { person, passphrase }),
    lock: () => call('lock'),
    touched: () => call('touched'),
    changePassphrase: (old, passphrase) => call('change_passphrase', { old, new: passphrase }),
    setAutoLock: (minutes) => call('set_auto_lock', { minutes }),
    status: () => call('status'),

    scratch: (key) => call('scratch', { key }),
    keepScratch: (key, text) => call('keep_scratch', { key, text }),

    today: () => call('today'),
    photoBudget: () => call('photo_budget'),
    startVisit: (place) => call('start_visit', { place }),
    visit: (id) => call('visit', { id }),
    recordResult: (visit, answer) => call('record_result', { visit, answer }),
    recordReading: (visit, line, point, values) => call('record_reading', { visit, line, point, values }),
    fillRestNormal: (visit) => call('fill_rest_normal', { visit }),
    undoBulk: (visit) => call('undo_bulk', { visit }),
    rack: (visit) => call('rack', { visit }),
    sight: (visit, sighting) => call('sight', { visit, sighting }),
    unsight: (visit, sighting) => call('unsight', { visit, sighting }),
    sightScannedAsInLedger: (visit) => call('sight_scanned_as_in_ledger', { visit }),
    closeRack: (visit, closed) => call('close_rack', { visit, closed }),
    readVmTable: (visit, line, bytes) => callWithBytes('read_vm_table', bytes, { visit, line }),
    reportFinding: (visit, finding) => call('report_finding', { visit, finding }),
    noteDeskCall: (visit, finding, given) => call('note_desk_call', { visit, finding, call: given }),
    answerFollowUp: (visit, answer) => call('answer_follow_up', { visit, answer }),
    removeFinding: (visit, finding) => call('remove_finding', { visit, finding }),

    readFrame: (width, height, luma) => callWithBytes('read_frame', luma, { width, height }),
    readPicture: (bytes) => callWithBytes('read_picture', bytes, {}),
    lookUp: (text) => call('look_up', { text }),
    searchAssets: (visit, text, after) => call('search_assets', { visit, text, after }),
    scanLabel: (visit, text, source) => call('scan_label', { visit, text, source }),

    attachPhoto: (visit, photo, bytes) => callWithBytes('attach_photo', bytes, { visit, photo }),
    detachPhoto: (visit, line, sha256) => call('detach_photo', { visit, line, sha256 }),
    async photo(sha256, size) {
      const bytes = new Uint8Array(await call<ArrayBuffer>('photo', { sha256, size }))
      return new Blob([bytes], { type: mediaType(bytes) })
    },

    seal: (visits, passphrase, seal) => call('seal', { visits, passphrase, seal }),

    outbox: () => call('outbox'),
    records: () => call('records'),
    record: (id) => call('record', { id }),
    sync(progress) {
      const channel = new Channel<SyncProgress>(progress)
      return { done: call<SyncReport>('sync_start', { channel }), cancel: () => call('sync_cancel') }
    },
    syncCancel: () => call('sync_cancel'),
    syncRetry: () => call('sync_retry'),
    syncListen: (hear) => call('sync_listen', { channel: new Channel<SyncNews>(hear) }),
    syncPolicy: () => call('sync_policy'),
    setSyncPolicy: (policy) => call('set_sync_policy', { policy }),

    reviewQueue: () => call('review_queue'),
    reviewRecord: (id) => call('review_record', { id }),
    fetchReviewPhotos: (id) => call('fetch_review_photos', { id }),
    countersign: (records, comment, passphrase) => call('countersign', { records, comment, passphrase }),
    returnRecord: (record, reasons, passphrase) => call('return_record', { record, reasons, passphrase }),
    amend: (visit) => call('amend', { visit }),
    countersignatures: (record) => call('countersignatures', { id: record }),
    amendedDifference: (record) => call('amended_difference', { id: record }),

    releasable: () => call('releasable'),
    releasePhotos: () => call('release_photos'),
    carriers: () => call('carriers'),
    relayExport: (folder, progress) => call('relay_export', { folder, channel: new Channel<RelayProgress>(progress) }),
    packRecord: (id, folder) => call('pack_record', { id, folder }),
    relayImport: (place) => call('relay_import', { place }),
  }
}
