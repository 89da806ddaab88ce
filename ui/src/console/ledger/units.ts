// Reads the units that the service writes as text: `U4`, `U4-5`, `4-5`.
export interface Units {
  readonly low: number
  readonly high: number
}

export function readUnits(position: string): Units | null {
  const found = /^U?(\d{1,3})(?:\s*[-–~]\s*U?(\d{1,3}))?$/i.exec(position.trim())
  if (!found) return null
  const low = Number(found[1])
  const high = Number(found[2] ?? found[1])
  return low <= high ? { low, high } : { low: high, high: low }
}
