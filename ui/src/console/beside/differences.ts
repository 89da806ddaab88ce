// What records of one visit say differently. The same line asks the same of the same subject; when it was answered, and how long
// that took, is no difference.
import type { InspectionRecord } from '../api'

type LineResult = InspectionRecord['lines'][number]
type Asset = InspectionRecord['reconciliation'][number]
type Finding = InspectionRecord['findings'][number]

/** One thing with what each record says of it, in the order of the records; `null` where it says nothing. */
export interface Difference<T> {
  readonly key: string
  readonly cells: readonly (T | null)[]
}

const saidOfLine = (line: LineResult): unknown => [line.mode, line.outcome, line.reason, line.note, line.no_photo, line.photos.length, line.checks]

const saidOfAsset = ({ verdicts, sighting: seen }: Asset): unknown => [
  [...verdicts].sort(),
  seen && [seen.rack, seen.span, seen.face, seen.brand, seen.model, seen.serial, seen.quantity, seen.owning_unit, seen.order_no],
]

function differing<T>(lists: readonly (readonly T[])[], keyOf: (item: T) => string, said: (item: T) => unknown): Difference<T>[] {
  const keys = [...new Set(lists.flatMap((list) => list.map(keyOf)))]
  return keys
    .map((key) => ({ key, cells: lists.map((list) => list.find((item) => keyOf(item) === key) ?? null) }))
    .filter(({ cells }) => new Set(cells.map((cell) => (cell === null ? '' : JSON.stringify(said(cell))))).size > 1)
}

/** Lines that came out, or were filled, differently. */
export function differingLines(records: readonly InspectionRecord[]): Difference<LineResult>[] {
  const lists = records.map((record) => record.lines)
  return differing(lists, (line) => `${line.criterion} ${line.subject.kind}:${line.subject.id}`, saidOfLine)
}

/** Assets that were judged or seen differently; one that the ledger does not have is known by what was read on it. */
export function differingAssets(records: readonly InspectionRecord[]): Difference<Asset>[] {
  const lists = records.map((record) => record.reconciliation)
  return differing(lists, (row) => row.asset ?? `+ ${row.sighting?.serial ?? ''} ${row.sighting?.model ?? ''}`, saidOfAsset)
}

/** Problems that not every record reports in the same words. */
export function differingFindings(records: readonly InspectionRecord[]): Difference<Finding>[] {
  const lists = records.map((record) => record.findings)
  return differing(lists, (finding) => `${finding.subject.kind}:${finding.subject.id} ${finding.description}`, (finding) => [finding.severity, finding.responsible_unit, finding.due_on])
}

/** A, B, C …: what a record is called on a page that shows several. */
export const letterOf = (index: number): string => String.fromCharCode(65 + (index % 26))
