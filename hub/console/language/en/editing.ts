import type { CatalogueChange } from '#protocol/hub-api/catalogue.ts'
import type { StaffChange } from '#protocol/hub-api/staff.ts'
import type { Role } from '#protocol/staff/roles.ts'
import { formatCount } from '../chosen.ts'

/** One product at a time, and who changed what of catalogue and staff. */
export const editing = {
  products: 'Products',
  search: 'Search by name, category or number',
  none: 'No product is like this.',
  more: 'There are more: search for fewer.',
  edit: (name: string) => `Edit ${name}`,
  add: 'Add a product',
  addTitle: 'A new product',
  fields: { gtin: 'Number (GTIN)', name: 'Name', category: 'Category', price: 'Price', tax: 'Tax, percent' },
  save: 'Save for all tills',
  saving: 'Saving',
  cancel: 'Cancel',
  remove: 'Take out of the catalogue',
  applied: (version: number) => `Saved. Tills get version ${formatCount(version)} now.`,
  bad: (field: string, value: string, say: string) => `${field}${value === '' ? '' : ` “${value}”`}: ${say}`,
  failed: 'The hub did not answer. Nothing was changed.',
  history: 'Who changed what',
  noHistory: 'Nobody has changed anything yet.',
  empty: '(nothing)',
  names: { name: 'name', category: 'category', price: 'price', tax: 'tax' } as Readonly<Record<string, string>>,
  catalogue: (what: CatalogueChange['what'], { added, changed, gone }: Pick<CatalogueChange, 'added' | 'changed' | 'gone'>) =>
    `${what === 'file' ? 'File' : 'Product'}: ${[
      [added, 'new'],
      [changed, 'changed'],
      [gone, 'gone'],
    ]
      .filter(([count]) => count !== 0)
      .map(([count, word]) => `${formatCount(Number(count))} ${word}`)
      .join(', ')}`,
  by: (by: string, version: number) => `by ${by}, version ${formatCount(version)}`,
  staff: (what: StaffChange['what'], name: string, before: Role | undefined, after: Role | undefined) =>
    ({
      add: `${name} was added as ${after ?? ''}`,
      pin: `${name} got another PIN`,
      badge: `${name} got a badge`,
      role: `${name}: ${before ?? ''} → ${after ?? ''}`,
      retire: `${name} retired (${before ?? ''})`,
    })[what],
  whom: (by: string) => `by ${by}`,
} as const
