// The backend of the tests and of a bare browser in development. It starts from answers that the real engine gave in a demo
// inspection (the JSON files beside), keeps what pages store in memory, and can be told to fail. It judges nothing: rules
// live in the engine, and a test that needs a verdict uses the real one.
import { BackendError } from '../error'
import type { Backend } from '..'
import type {
  AnswerReport,
  Carrier,
  CheckResult,
  DeskCall,
  Finding,
  FollowUp,
  LineView,
  RackView,
  Reconciliation,
  ReviewStep,
  SessionView,
  Released,
  Sighting,
  Status,
  SyncNews,
  SyncPolicy,
  Today,
  VisitView,
} from '@/gen'

import { openProblems, withPresets } from './openProblems'
import { reviewsOf } from './reviews'
import { sealedRecords } from './sealed'
import status from './status.json'
import today from './today.json'
import cluster from './visit-cluster.json'
import rack from './visit-rack.json'
import room from './visit-room.json'
import system from './visit-system.json'

export const fakePassphrase = 'correct horse battery'

export interface FakeOptions {
  /** `fresh`: not enrolled; `locked`: enrolled; `unlocked`: Rong Kun works. */
  readonly session?: 'fresh' | 'locked' | 'unlocked'
  /** 王䶮 of 管理方 reviews instead of walking. */
  readonly isReviewer?: boolean
  /** The check of the first record to review fails at this step. */
  readonly spoiled?: ReviewStep
  /** The demo's rack was returned by a reviewer. */
  readonly isReturned?: boolean
  /** The call of this name is refused with this error, every time. */
  readonly fails?: Partial<Record<keyof Backend, BackendError>>
  /** Every call takes this long, in milliseconds. */
  readonly delayMs?: number
  /** An earlier round left a problem open at the rack's first line, and one of the rack itself. */
  readonly hasOpenProblems?: boolean
  /** The sticks that are plugged in. */
  readonly carriers?: readonly Carrier[]
  /** Is given what the synchronisation in the background is told through. */
  readonly hears?: (hear: (news: SyncNews) => void) => void
}

const copy = <T>(value: unknown): T => JSON.parse(JSON.stringify(value)) as T

export function createFakeBackend(options: FakeOptions = {}): Backend {
  const visits = new Map([room, rack, cluster, system].map((visit) => [visit.id, withPresets(copy<VisitView>(visit))]))
  const scratch = new Map<string, string>()
  const photos = new Map<string, Blob>()
  const sealedHere = sealedRecords()
  // A sealed visit still opens, read-only: the demo's answers of its kind stand in.
  for (const row of sealedHere.rows) {
    const like = [...visits.values()].find((visit) => visit.kind === row.kind)
    if (like && !visits.has(row.visit)) visits.set(row.visit, { ...copy<VisitView>(like), id: row.visit, title: row.title, state: row.state === 'delivered' ? 'delivered' : 'sealed' })
  }
  const reviews = reviewsOf(options.spoiled)
  const returned = visits.get(rack.id)
  if (returned && options.isReturned) {
    returned.state = 'returned'
    returned.returned = { visit: rack.id, record: 'a0'.repeat(32), revision: 1, reviewer_name: '王䶮', party_name: '云山管理方', at: Date.now() - 3_600_000, lines: { '1': '照片看不清指示灯' }, comment: '请重拍', inspector_name: '镕堃', countersignature: 'c1'.repeat(32) }
  }
  let ids = 0
  const rackHere = visits.get(rack.id)
  if (rackHere && options.hasOpenProblems) openProblems(rackHere, (sha256, blob) => photos.set(sha256, blob))

  const glance = copy<Status>(status)
  const people = glance.people.map((person) => ({ ...person, party_name: '云山云服务有限公司', roles: [options.isReviewer ? ('reviewer' as const) : ('inspector' as const)], tries_left: 10, wait_ms: 0, is_shut: false }))
  let passphraseNow = fakePassphrase
  const session = {
    enrolled: options.session !== 'fresh',
    site: glance.site,
    site_name: glance.site_name,
    terminal: glance.terminal,
    terminal_name: glance.terminal_name,
    root_fingerprint: glance.root_fingerprint,
    people,
    unlocked: (options.session ?? 'unlocked') === 'unlocked' ? (people[0] ?? null) : null,
    waiting_records: 2,
    waiting_blobs: 3,
    waiting_reviews: 0,
    custody: 'file',
    auto_lock_minutes: 15,
    has_recovery: true,
    warnings: [],
  } as SessionView

  let policy: SyncPolicy = { is_automatic: true, mobile: 'records_only', upload_limit: null }
  const releasable: Released = { photos: 132, bytes: 396_000_000 }

  const found = (id: string): VisitView => {
    const visit = visits.get(id)
    if (!visit) throw new BackendError('not_found', { zh: `没有巡检 ${id}`, en: `No visit ${id}` })
    return visit
  }
  const lineOf = (visit: VisitView, no: number): LineView => {
    const line = visit.lines.find((one) => one.no === no)
    if (!line) throw new BackendError('not_found', { zh: `没有第 ${no} 项`, en: `No line ${no}` })
    return line
  }
  const count = (visit: VisitView): void => {
    visit.missing = visit.lines.filter((line) => !line.answer).map((line) => line.no)
    visit.answered = visit.lines.length - visit.missing.length
    visit.problems = visit.problems.filter((problem) => problem.rule !== 'line_missing' || problem.line === null || visit.missing.includes(problem.line))
  }
  const now = () => ({ wall_ms: Date.now(), monotonic_ms: Math.round(performance.now()), boot: 'fake' })
  const ago = (ms?: number | null) => ({ ...now(), wall_ms: Date.now() - (ms ?? 0) })
  const report = (visit: VisitView, line: LineView): AnswerReport =>
    ({
      line: line.no,
      criterion: line.criterion,
      outcome: line.answer?.outcome ?? null,
      checks: [],
      warnings: [],
      problems: [],
      saved_at: Date.now(),
      answered: visit.answered,
      lines: visit.lines.length,
      view: copy(line),
    }) as unknown as AnswerReport

  const answer = (visit: VisitView, line: LineView, outcome: string, bulk: boolean, more: object = {}): void => {
    line.answer = {
      no: line.no,
      criterion: line.criterion,
      subject: { kind: line.subject.kind, id: line.subject.id },
      mode: line.mode,
      outcome,
      reason: '',
      note: '',
      checks: line.checks.flatMap((check) => (check.result ? [check.result] : [])),
      photos: line.answer?.photos ?? [],
      no_photo: null,
      answered: now(),
      spent_ms: null,
      bulk,
      edits: line.answer ? line.answer.edits + 1 : 0,
      must_check: null,
      ...more,
    } as unknown as LineView['answer']
    count(visit)
  }

  const numbers = new Map<Sighting, number>()
  const rackOf = (visit: VisitView): RackView => {
    const entries = new Map(visit.lines.flatMap((line) => (line.subject.ledger ? [[line.subject.id, line.subject.ledger]] : [])))
    const seen = (id: string): Sighting | undefined => visit.sightings.find((one) => one.asset === id)
    const reconciliation = [...entries.keys()].map((id): Reconciliation => {
      const sighting = seen(id) ?? null
      const verdict = sighting?.as_in_ledger ? 'matches' : !sighting && visit.rack_closed ? 'missing' : 'unverified'
      return { asset: id, verdicts: [verdict], sighting }
    })
    const unknown = visit.sightings.filter((one) => one.asset === null)
    const numberOf = (one: Sighting | null | undefined): number | null => (one ? numbers.get(one) ?? null : null)
    for (const one of visit.sightings) if (!numbers.has(one)) numbers.set(one, numbers.size + 1)
    visit.reconciliation = [...reconciliation, ...unknown.map((sighting): Reconciliation => ({ asset: null, verdicts: ['not_in_ledger'], sighting }))]
    return {
      rack: { id: visit.subject.id, name: visit.subject.name, height_units: 42, room_name: visit.title.split(' · ')[0] ?? '' },
      assets: [...entries.values()],
      sightings: visit.sightings,
      reconciliation: visit.reconciliation,
      details: visit.reconciliation.map(({ asset, sighting }) => ({ sighting: numberOf(sighting), differences: [], whereabouts: asset ? 'unverified' : null, others: [] })),
      closed: visit.rack_closed,
    } as unknown as RackView
  }

  const work: Backend = {
    appInfo: async () => ({ version: '0.0.0-fake', identifier: 'cn.xunjian.fake', platform: 'browser', debug: true }),
    session: async () => copy(session),
    async enrol() {
      session.enrolled = true
      session.unlocked = people[0] ?? null
      return copy(session)
    },
    async unlock(person, passphrase) {
      if (passphrase !== passphraseNow) throw new BackendError('passphrase', { zh: '口令不正确，请重试', en: 'The passphrase is wrong; try again' })
      session.unlocked = people.find((one) => one.id === person) ?? null
      return copy(session)
    },
    async lock() {
      session.unlocked = null
      return copy(session)
    },
    touched: async () => undefined,
    async changePassphrase(old, next) {
      if (old !== passphraseNow) throw new BackendError('passphrase', { zh: '口令不正确，请重试', en: 'The passphrase is wrong; try again' })
      passphraseNow = next
    },
    async setAutoLock(minutes) {
      session.auto_lock_minutes = minutes
      return copy(session)
    },
    status: async () => copy(status),
    scratch: async (key) => scratch.get(key) ?? null,
    async keepScratch(key, text) {
      if (text === null) scratch.delete(key)
      else scratch.set(key, text)
    },
    async today() {
      const view = copy<Today>(today)
      for (const visit of view.rounds.flatMap((round) => round.visits)) {
        const kept = visits.get(visit.id)
        const more = { room_name: visit.title.split(' · ')[0], ready: false, findings: kept?.findings.length ?? 0, must_checks: kept?.must_checks.length ?? 0, photos: 0, assigned_to: [], is_mine: true, started_at: null, sealed_at: null }
        Object.assign(visit, more, visit)
        if (kept?.returned) Object.assign(visit, { state: kept.state, returned: kept.returned })
        if (kept?.state === 'draft') Object.assign(visit, { state: 'draft', answered: kept.answered, missing: kept.missing.length, ready: kept.missing.length === 0 })
      }
      return view
    },
    photoBudget: async () => ({ visits: 6, photos: 457, photo_bytes: 3_000_000, is_measured: false, needed_bytes: 1_599_500_000, room_bytes: 9_200_000_000, is_short: false }),
    async startVisit(place) {
      const visit = visits.get(place) ?? [...visits.values()].find((one) => one.title.endsWith(place))
      if (!visit) throw new BackendError('not_found', { zh: `没有找到“${place}”`, en: `“${place}” was not found` })
      visit.state = 'draft'
      return copy(visit)
    },
    visit: async (id) => copy(found(id)),
    async recordResult(id, given) {
      const visit = found(id)
      const no = 'line' in given ? (given as { line: number }).line : 0
      const line = lineOf(visit, no)
      for (const check of given.checks ?? []) {
        const known = line.checks.find((one) => one.key === check.check || one.key.endsWith(`.${check.check}`))
        if (known) known.result = { check: known.key, outcome: check.outcome, reason: check.reason ?? '', value: check.value ?? null } as unknown as CheckResult
      }
      answer(visit, line, given.outcome, false, { reason: given.reason ?? '', note: given.note ?? '', no_photo: given.no_photo ?? null })
      return report(visit, line)
    },
    async recordReading(id, no, point, values) {
      const visit = found(id)
      const line = lineOf(visit, no)
      const check = line.checks.find((one) => one.input.type === 'readings')
      if (check) {
        const before = check.result?.value?.type === 'readings' ? check.result.value.readings.filter((one) => one.point !== point) : []
        const readings = [...before, ...values.map((one) => ({ ...one, point, limit: null }))]
        check.result = { check: check.key, outcome: 'normal', reason: '', value: { type: 'readings', readings } } as unknown as CheckResult
      }
      return report(visit, line)
    },
    async fillRestNormal(id) {
      const visit = found(id)
      if (!visit.label_scanned) throw new BackendError('wrong_state', { zh: '请先扫描此处的标签', en: 'Scan the label of this place first' })
      const blanks = visit.lines.filter((line) => !line.answer)
      const may = blanks.filter((line) => line.checks.every((check) => ['judgement', 'choice'].includes(check.input.type)))
      for (const line of may) answer(visit, line, 'normal', true)
      return { filled: may.map((line) => line.no), left: visit.missing, saved_at: Date.now() }
    },
    async undoBulk(id) {
      const visit = found(id)
      for (const line of visit.lines) if (line.answer?.bulk) line.answer = null
      count(visit)
      return copy(visit)
    },
    rack: async (id) => copy(rackOf(found(id))),
    async sight(id, sighting) {
      const visit = found(id)
      const selector = sighting.asset
      const asset = typeof selector === 'object' && 'ledger' in selector ? selector.ledger : null
      const noted = typeof selector === 'object' && 'noted' in selector ? selector.noted : null
      const { asset: _, ...rest } = sighting
      const before = visit.sightings.find((one) => (asset ? one.asset === asset : noted !== null && numbers.get(one) === noted))
      const kept = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined))
      const next = { ...before, by: 'eye', rack: visit.subject.id, ...(before ? kept : rest), asset } as unknown as Sighting
      if (before) numbers.set(next, numbers.get(before) ?? 0)
      visit.sightings = [...visit.sightings.filter((one) => one !== before), next]
      return copy(rackOf(visit))
    },
    async unsight(id, sighting) {
      const visit = found(id)
      visit.sightings = visit.sightings.filter((one) => numbers.get(one) !== sighting)
      return copy(rackOf(visit))
    },
    async sightScannedAsInLedger(id) {
      const visit = found(id)
      for (const sighting of visit.sightings) if (sighting.asset) sighting.as_in_ledger = true
      return copy(rackOf(visit))
    },
    async closeRack(id, closed) {
      const visit = found(id)
      visit.rack_closed = closed
      return copy(rackOf(visit))
    },
    async readVmTable(id, no, bytes) {
      const expected = lineOf(found(id), no).checks.flatMap((check) => (check.expected && 'units' in check.expected ? check.expected.units : []))
      const units = expected.map((unit) => ({ owning_unit: unit.owning_unit, online: unit.in_ledger, is_in_table: true, is_expected: true }))
      return { sha256: '0'.repeat(64), encoding: 'UTF-8', columns: ['归属单位'], rows: bytes.length, offline: 0, of_other_clusters: 0, unclear_states: [], units }
    },
    async reportFinding(id, finding) {
      const visit = found(id)
      const { replaces, found_ago_ms, called_ago_ms, desk_callee, ...rest } = finding
      const before = visit.findings.find((one) => one.id === replaces)
      const desk_call = desk_callee ? { callee: desk_callee, at: ago(called_ago_ms) } : null
      const whole = { ...rest, id: before?.id ?? `finding-${++ids}`, subject: finding.subject ?? visit.subject, found: before?.found ?? ago(found_ago_ms), desk_call, later_calls: before?.later_calls ?? [] } as unknown as Finding
      visit.findings = [...visit.findings.filter((one) => one !== before), whole]
      return copy(whole)
    },
    async noteDeskCall(id, finding, given) {
      const one = found(id).findings.find((one) => one.id === finding)
      if (!one) throw new BackendError('not_found', { zh: '没有这个问题', en: 'No such finding' })
      const call = { callee: given.callee, at: ago(given.ago_ms) } as unknown as DeskCall
      if (one.desk_call) one.later_calls = [...(one.later_calls ?? []), call]
      else one.desk_call = call
      return copy(one)
    },
    async answerFollowUp(id, given) {
      const visit = found(id)
      const must = visit.must_checks.find((one) => one.open.finding.id === given.finding)
      if (!must) throw new BackendError('not_found', { zh: '没有这个问题', en: 'No such finding' })
      must.follow_up = { ...given, record: must.open.record, line: must.line, answered: now() } as unknown as FollowUp
      visit.problems = visit.problems.filter((problem) => problem.rule !== 'follow_up_missing' || problem.line !== must.line)
      return copy(visit)
    },
    async removeFinding(id, finding) {
      const visit = found(id)
      visit.findings = visit.findings.filter((one) => one.id !== finding)
      return copy(visit)
    },
    readFrame: async () => [],
    readPicture: async () => ['HTTPS://EXAMPLE.INVALID/L/FAKE'],
    async lookUp(text) {
      // The end of a visit's title stands for its label: `B01`.
      const named = text === '' ? [] : [...visits.values()].filter((visit) => visit.title.endsWith(text))
      const [first] = named
      if (!first) return { verdict: 'unknown', subject: null, visits: [], message: { zh: `台账里没有“${text}”`, en: `The ledger does not have “${text}”` } }
      const message = { zh: `本站点标签：${first.subject.name}`, en: `A label of this site: ${first.subject.name}` }
      return { verdict: 'right', subject: first.subject, visits: named.map(({ id, title, state }) => ({ id, title, state })), message }
    },
    async searchAssets(_visit, text, _after) {
      if (text.trim().length < 2) throw new BackendError('input', { zh: '每个词至少输入两个字再查找', en: 'Type at least two characters of each word' })
      const hits = [...visits.values()].flatMap((visit) =>
        visit.lines.flatMap(({ subject: { ledger } }) =>
          ledger && [ledger.name, ledger.serial, ledger.asset_tag, ledger.owning_unit].some((one) => one.toLowerCase().includes(text.trim().toLowerCase()))
            ? [{ asset: ledger, rack_name: visit.title, visits: [{ id: visit.id, title: visit.title, state: visit.state }] }]
            : [],
        ),
      )
      const once = hits.filter((hit, at) => hits.findIndex((other) => other.asset.id === hit.asset.id) === at)
      return copy({ hits: once, next: null })
    },
    async scanLabel(id, text, source) {
      const visit = found(id)
      // `asset:ID` and the visit's own title stand for real labels here.
      const asset = visit.lines.find((line) => `asset:${line.subject.id}` === text)?.subject
      const isOwn = text === visit.title || text === 'own'
      if (isOwn) visit.label_scanned = true
      if (asset && !visit.sightings.some((one) => one.asset === asset.id)) {
        visit.sightings.push({ asset: asset.id, by: 'scan', rack: visit.subject.id, span: null, face: null, brand: null, model: null, serial: null, quantity: null, owning_unit: null, order_no: null, as_in_ledger: false, note: '' } as unknown as Sighting)
      }
      const verdict = isOwn || asset ? ('right' as const) : ('unknown' as const)
      const subject = asset ?? (isOwn ? visit.subject : null)
      const scan = { text, source, verdict, print: null, subject: subject ? { kind: subject.kind, id: subject.id } : null, key: null, at: now() }
      visit.scans.push(scan as never)
      const message = subject ? { zh: `一致：${subject.name}`, en: `Right: ${subject.name}` } : { zh: '台账里没有这个码，已记录', en: 'The ledger does not have this code. Recorded' }
      return { scan, subject: subject ?? null, message } as never
    },
    async attachPhoto(id, photo, bytes) {
      const visit = found(id)
      const digest = await crypto.subtle.digest('SHA-256', bytes)
      const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
      photos.set(sha256, new Blob([bytes], { type: 'image/jpeg' }))
      const evidence = { sha256, bytes: bytes.length, media_type: 'image/jpeg', width: 1600, height: 1200, capture: photo.capture, taken: now(), exif_time: null, caption: photo.caption, layer: photo.layer, reuse: [], ...(photo.after_of ? { after_of: photo.after_of } : {}) }
      visit.evidence.push(evidence as never)
      if (photo.line !== null) {
        const line = lineOf(visit, photo.line)
        if (line.answer) line.answer.photos = [...line.answer.photos, sha256]
      }
      return { line: photo.line, evidence, warnings: [], saved_at: Date.now() } as never
    },
    async detachPhoto(id, no, sha256) {
      const visit = found(id)
      for (const line of visit.lines) if (line.answer && (no === null || line.no === no)) line.answer.photos = line.answer.photos.filter((one) => one !== sha256)
      visit.evidence = visit.evidence.filter((one) => one.sha256 !== sha256)
      return copy(visit)
    },
    async photo(sha256) {
      const blob = photos.get(sha256)
      if (!blob) throw new BackendError('photo', { zh: '照片不在本机', en: 'The photo is not on this tablet' })
      return blob
    },
    async seal(chosen, passphrase) {
      if (passphrase !== passphraseNow) throw new BackendError('passphrase', { zh: '口令不正确，请重试', en: 'The passphrase is wrong; try again' })
      return chosen.map((id) => {
        const visit = found(id)
        if (visit.missing.length > 0) {
          const text = { zh: `还差 ${visit.missing.length} 项`, en: `${visit.missing.length} items are missing` }
          return { visit: id, title: visit.title, sealed: null, error: { code: 'not_ready', text, problems: [], retryable: false } } as never
        }
        visit.state = 'sealed'
        const row = sealedHere.add((++ids).toString(16).padStart(4, 'f').repeat(16), visit)
        session.waiting_records += 1
        session.waiting_blobs += row.blobs
        const sealed = { record: row.id, sequence: row.sequence, previous: null, bytes: 20480, lines: visit.lines.length, findings: visit.findings.length, evidence: visit.evidence.length, sealed_at: Date.now(), state: 'sealed', identical: false, warnings: [] }
        return { visit: id, title: visit.title, sealed, error: null } as never
      })
    },
    outbox: async () => sealedHere.items(),
    records: async () => copy(sealedHere.rows),
    async record(id) {
      const detail = sealedHere.detail(id)
      if (!detail) throw new BackendError('not_found', { zh: `没有记录 ${id}`, en: `No record ${id}` })
      return detail
    },
    sync(progress) {
      progress({ stage: 'records', records_done: 0, records_total: 2, blobs_done: 0, blobs_total: 3, bytes_done: 0, bytes_total: 9_000_000, seconds_left: null })
      sealedHere.deliver()
      session.waiting_records = 0
      session.waiting_blobs = 0
      const report = { passes: 1, submitted: 2, identical: 0, refused: 0, blobs_sent: 3, blob_bytes_sent: 9_000_000, delivered: 2, still_pending: 0, quarantined: 0, errors: [] }
      return { done: Promise.resolve(report), cancel: async () => undefined }
    },
    syncCancel: async () => undefined,
    syncRetry: async () => undefined,
    async syncListen(hear) {
      options.hears?.(hear)
    },
    syncPolicy: async () => copy(policy),
    async setSyncPolicy(given) {
      policy = copy(given)
      return copy(policy)
    },
    reviewQueue: async () => reviews.queue(),
    reviewRecord: async (id) => reviews.view(id),
    fetchReviewPhotos: async (id) => reviews.fetch(id),
    async countersign(chosen, comment, passphrase) {
      if (passphrase !== passphraseNow) throw new BackendError('passphrase', { zh: '口令不正确，请重试', en: 'The passphrase is wrong; try again' })
      session.waiting_reviews += chosen.length
      return reviews.accept(chosen, comment)
    },
    async returnRecord(id, reasons, passphrase) {
      if (passphrase !== passphraseNow) throw new BackendError('passphrase', { zh: '口令不正确，请重试', en: 'The passphrase is wrong; try again' })
      session.waiting_reviews += 1
      return reviews.giveBack(id, reasons)
    },
    async amend(id) {
      const visit = found(id)
      if (!visit.returned) throw new BackendError('wrong_state', { zh: '没有被退回的本人记录', en: 'No record of yours was returned' })
      visit.state = 'draft'
      return { visit: copy(visit), returned: copy(visit.returned) }
    },
    countersignatures: async (id) => reviews.said(id),
    amendedDifference: async () => null,
    releasable: async () => copy(releasable),
    async releasePhotos() {
      const released = copy<Released>(releasable)
      releasable.photos = releasable.bytes = 0
      return released
    },
    carriers: async () => copy(options.carriers ?? []),
    async relayExport(folder, progress) {
      progress({ photos_done: 3, photos_total: 3 })
      return { files: [`${folder}/xunjian-up-c0ffee00-1-1.xunjian-relay`], bytes: 9_300_000, records: 2, photos: 3, photos_there: 0, errors: [] }
    },
    packRecord: async (id, folder) => ({ file: `${folder}/xunjian-pack-${id.slice(0, 12)}.zip`, bytes: 2_100_000, photos: 2, left_out: 1 }),
    async relayImport(place) {
      throw new BackendError('input', { zh: `在 ${place} 没有找到服务端的应答`, en: `There is no answer of the service in ${place}` })
    },
  }

  // Failures and delays are laid over every call alike.
  return new Proxy(work, {
    get(target, name: keyof Backend) {
      const call = target[name] as (...given: unknown[]) => unknown
      const refused = options.fails?.[name]
      if (refused && name !== 'sync') return () => Promise.reject(refused)
      if (!options.delayMs || name === 'sync') return call
      return async (...given: unknown[]) => {
        await new Promise((resolve) => setTimeout(resolve, options.delayMs))
        return call(...given)
      }
    },
  })
}
