// What a typed value suggests before it is stored. It follows `Input::suggest` of crates/domain/src/value.rs and only ever
// proposes: the engine judges again, and the person decides. What needs a limit, a calendar rule or today's date is left
// to the engine's answer (`null` here).
import type { CheckView, Outcome } from '@/gen'

import { type CheckDraft, valueOf } from './draft'

export function suggestionOf(check: CheckView, draft: CheckDraft): Outcome | null {
  const { input } = check
  if (draft.type === 'judgement') return draft.outcome
  const value = valueOf(draft, input)
  if (!value) return null
  const outcome = (isAbnormal: boolean): Outcome => (isAbnormal ? 'abnormal' : 'normal')
  switch (value.type) {
    case 'choice':
      return input.type === 'choice' ? outcome(input.options.some((option) => option.key === value.key && option.abnormal)) : null
    case 'count':
      if (input.type !== 'count' || input.abnormal_above === null) return null
      return outcome(value.count > input.abnormal_above)
    case 'doors':
      return outcome(value.front === 'unlocked' || value.rear === 'unlocked')
    case 'rack_labels':
      return outcome(value.front !== 'right' || value.rear !== 'right')
    case 'order_match':
      return outcome(!(value.order_matches && value.owner_matches))
    case 'register':
      return outcome(!value.own_entry_found || value.incomplete_entries > 0)
    case 'contacts':
      return outcome(!(value.posted && value.current))
    case 'unit_counts': {
      const expected = check.expected && 'units' in check.expected ? check.expected.units : []
      return outcome(
        value.units.some((unit) => {
          const row = expected.find((one) => one.owning_unit === unit.owning_unit)
          return unit.online !== (row?.ordered ?? row?.in_ledger ?? 0)
        }),
      )
    }
    case 'reconciliation': {
      const quantity = check.expected && 'quantity' in check.expected ? check.expected.quantity : null
      return quantity === null ? null : outcome(value.quantity !== quantity)
    }
    default:
      return null
  }
}

/** Whether 正常 leaves this check only one thing to say, so that one press may answer it: docs/adr/0012: also zero of what is counted. */
export function isPlain(check: CheckView): boolean {
  const { input } = check
  return input.type === 'judgement' || input.type === 'choice' || (input.type === 'count' && input.abnormal_above === 0)
}

/** What 正常 says of a plain check. */
export function normalDraft(check: CheckView): CheckDraft | null {
  const { input } = check
  if (input.type === 'judgement') return { type: 'judgement', outcome: 'normal' }
  if (input.type === 'count' && input.abnormal_above === 0) return { type: 'count', count: 0 }
  const option = input.type === 'choice' ? input.options.find((one) => !one.abnormal) : undefined
  return option ? { type: 'choice', key: option.key } : null
}
