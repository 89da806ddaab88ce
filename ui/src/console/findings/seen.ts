// What the inspector saw instead of what the ledger says, in one line of plain values.
import type { Reconciliation } from '../api'

export function seenAs(reconciliation: Reconciliation): string {
  const seen = reconciliation.sighting
  if (!seen) return ''
  const units = seen.span ? (seen.span.low === seen.span.high ? `U${seen.span.low}` : `U${seen.span.low}-${seen.span.high}`) : null
  return [units, seen.brand, seen.model, seen.serial, seen.owning_unit, seen.order_no, seen.quantity === null ? null : `× ${seen.quantity}`, seen.note]
    .filter((value) => value !== null && value !== undefined && value !== '')
    .join(' · ')
}
