// A table's columns: the key names the slot that draws the cell.
export interface Column {
  readonly key: string
  readonly label: string
  readonly numeric?: boolean
}
