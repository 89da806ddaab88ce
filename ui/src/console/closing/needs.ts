// What a closing needs, and what closing now would leave undone.
import type { CountedView, SignatoryItem } from '../api'
import { numbersOf } from '../coverage/numbers'

export interface Side {
  readonly key: 'provider' | 'reviewer'
  readonly people: readonly SignatoryItem[]
}

/** The two sides that sign, with the people who could today. */
export function sidesOf(counted: CountedView): readonly Side[] {
  return [
    { key: 'provider', people: counted.signatories.filter((one) => one.party_kind === 'provider') },
    { key: 'reviewer', people: counted.signatories.filter((one) => one.party_kind !== 'provider') },
  ]
}

/** Early and late closings are signed with their reason. */
export const needsReason = (counted: CountedView): boolean => counted.timing !== 'on_time'

export type Left = 'missed' | 'not_checked' | 'not_applicable_unaccepted' | 'unvisited' | 'unreviewed' | 'not_counted' | 'gaps'

/** What the numbers would say for ever; nothing of it keeps anybody from closing. */
export function leftOf(counted: CountedView): readonly { readonly key: Left; readonly count: number }[] {
  const { totals, beside } = counted
  const numbers = numbersOf(totals.whole)
  return [
    { key: 'missed', count: numbers.missed },
    { key: 'not_checked', count: numbers.not_checked },
    { key: 'not_applicable_unaccepted', count: numbers.not_applicable_unaccepted },
    { key: 'unvisited', count: totals.visits_planned - totals.visits_delivered },
    { key: 'unreviewed', count: totals.visits_delivered - totals.visits_accepted },
    { key: 'not_counted', count: beside.not_counted.length },
    { key: 'gaps', count: beside.gaps.length },
  ]
}

/** The commands of a closing in their order, and where each is typed. */
export function commandsOf(round: string, withReason: boolean): readonly { readonly key: 'draft' | 'provider' | 'reviewer' | 'take'; readonly text: string }[] {
  const reason = withReason ? ' --reason REASON' : ''
  return [
    { key: 'draft', text: `xunjian round close ${round}${reason} --draft closing.json` },
    { key: 'provider', text: 'xunjian-field close-round closing.json --sign --out provider.json' },
    { key: 'reviewer', text: 'xunjian-field close-round closing.json --sign --out reviewer.json' },
    { key: 'take', text: 'xunjian round close --signed provider.json --signed reviewer.json' },
  ]
}
