// Which visits are over: their drafts are gone, and what was signed is read in the record.
import type { VisitState } from '@/gen'

export const isSealed = (state: VisitState): boolean => state === 'sealed' || state === 'delivered' || state === 'returned'
