// Which assets of a visit have been scanned and which are left, from the visit as the engine shows it.
import type { SubjectView, VisitView } from '@/gen'

const places = new Set(['room', 'rack', 'cluster', 'backup_system', 'storage_system'])

export interface Tally {
  readonly total: number
  readonly scanned: number
  /** Not scanned yet, the highest in the rack first: that is where the eye begins. */
  readonly left: readonly SubjectView[]
}

const topOf = (asset: SubjectView): number => asset.ledger?.span?.high ?? 0

export function tallyOf(visit: VisitView): Tally {
  const assets = new Map(visit.lines.filter((line) => !places.has(line.subject.kind)).map((line) => [line.subject.id, line.subject]))
  const bySight = visit.sightings.filter((seen) => seen.by !== 'eye' && seen.asset).map((seen) => seen.asset)
  // Systems have no sightings; their scans say it.
  const byScan = visit.scans.filter((scan) => scan.verdict === 'right' && scan.subject).map((scan) => scan.subject?.id)
  const scanned = new Set([...bySight, ...byScan])
  const left = [...assets.values()].filter((asset) => !scanned.has(asset.id)).sort((a, b) => topOf(b) - topOf(a))
  return { total: assets.size, scanned: assets.size - left.length, left }
}
