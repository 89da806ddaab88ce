// The unit of each measured quantity, as the engine prints it (`Quantity::unit` in crates/domain/src/reading.rs).
import type { Quantity } from '@/gen'

export const unitOf: Readonly<Record<Quantity, string>> = {
  temperature: '℃',
  relative_humidity: '%RH',
  dew_point: '℃',
  load_percent: '%',
  battery_percent: '%',
  used_percent: '%',
  capacity_tb: 'TB',
}
