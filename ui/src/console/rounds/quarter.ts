// First and last day of a quarter.
export function quarterWindow(year: number, quarter: number): { readonly from: string; readonly by: string } {
  const first = quarter * 3 - 2
  const last = quarter * 3
  // Day 0 of the following month is the last day of this one.
  const days = new Date(Date.UTC(year, last, 0)).getUTCDate()
  const two = (n: number): string => String(n).padStart(2, '0')
  return { from: `${year}-${two(first)}-01`, by: `${year}-${two(last)}-${days}` }
}
