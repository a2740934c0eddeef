/** The shop's range: made from two word lists, the same in each process. */
export interface Product {
  sku: string;
  name: string;
  priceCents: number;
}

const materials = ['oak', 'walnut', 'steel', 'linen', 'cork', 'glass', 'wool', 'bamboo', 'brass', 'clay'];
const things = ['chair', 'table', 'lamp', 'shelf', 'bowl', 'mirror', 'stool', 'basket', 'clock', 'vase'];

export const products: readonly Product[] = materials.flatMap((material, m) =>
  things.map((thing, t) => ({
    sku: `SKU-${String(m * things.length + t + 1).padStart(3, '0')}`,
    name: `${material} ${thing}`,
    priceCents: 900 + ((m * 37 + t * 113) % 97) * 100,
  })),
);
