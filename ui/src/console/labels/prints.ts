// The prints that go to the sheet. Kept for this tab only: hundreds of ids are too long for an address, and a sheet printed
// twice from an old link would put replaced labels on racks.
import type { LabelItem } from '../api'

const key = 'xunjian.console.prints'

export interface SheetLabel {
  readonly print: string
  readonly name: string
}

export function keepPrints(labels: readonly LabelItem[], size: { readonly width: number; readonly height: number } | null = null): void {
  sessionStorage.setItem(key, JSON.stringify({ size, labels: labels.map((label) => ({ print: label.print, name: [label.subject_name, label.code].join(' ') })) }))
}

export function keptPrints(): { readonly size: { width: number; height: number } | null; readonly labels: readonly SheetLabel[] } {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null')
    if (kept && typeof kept === 'object' && 'labels' in kept) return kept as ReturnType<typeof keptPrints>
  } catch {
    // What another version left there is as good as nothing.
  }
  return { size: null, labels: [] }
}
