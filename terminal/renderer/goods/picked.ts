import type { ModifierGroup } from '#protocol/hub/goods.ts'

/** The places of what is chosen, for each group. */
export type Picked = readonly (readonly number[])[]

/** Where exactly one is needed, the first is chosen already: it is what most people have. */
export const startOf = (groups: readonly ModifierGroup[]): Picked => groups.map(({ min, max }) => (min === 1 && max === 1 ? [0] : []))

export const fits = ({ min, max }: ModifierGroup, places: readonly number[]): boolean => places.length >= min && places.length <= max

/** After a press: of a group of which one counts the other goes, of any other group nothing does that is full. */
export function pressed(groups: readonly ModifierGroup[], picked: Picked, group: number, choice: number): Picked {
  const max = groups[group]?.max ?? 0
  return groups.map((_, at) => {
    const places = picked[at] ?? []
    if (at !== group) return places
    if (places.includes(choice)) return groups[group]?.min === 1 && max === 1 ? places : places.filter((place) => place !== choice)
    if (max === 1) return [choice]
    return places.length < max ? [...places, choice].toSorted((a, b) => a - b) : places
  })
}
