// Pages with names and numbers: whether a copy with them covered stands beside each item's photos. The original stays untouched.
import type { Evidence, VisitView } from '@/gen'

export const isMasked = (photos: readonly string[], evidence: readonly Evidence[]): boolean => evidence.some((one) => one.layer?.kind === 'masked' && photos.includes(one.sha256))

/** Numbers of the items whose photos show names or numbers that nobody covered yet. */
export const unmasked = (visit: VisitView): number[] =>
  visit.lines.filter((line) => line.evidence.mask && (line.answer?.photos.length ?? 0) > 0 && !isMasked(line.answer?.photos ?? [], visit.evidence)).map((line) => line.no)
