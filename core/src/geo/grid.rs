//! Which rectangles may hold a point: a grid of squares of a power of two, each with the rectangles that touch it.
//!
//! Built while a pack is loaded, so that no index can contradict the shapes it leads to. Its size is bounded by the
//! number of rectangles, however large they are: squares double until it fits.

use super::plane::{Bounds, Vertex};

/// Squares a rectangle, at most.
const SQUARES: u64 = 8;
/// Entries a rectangle, at most, on average.
const ENTRIES: u64 = 24;

/// At most two columns and two rows are left, which always fits.
const COARSEST: u32 = 31;

/// An index over rectangles, which it names by their place in the list.
pub(super) struct Grid {
    bounds: Bounds,
    /// A square's side is 2 to this power, in 1e-7 degrees.
    shift: u32,
    columns: usize,
    /// Where a square's entries begin, row by row; one more than there are squares.
    starts: Vec<u32>,
    entries: Vec<u32>,
}

/// Columns and rows that a rectangle touches, both ends included.
struct Span {
    columns: (u32, u32),
    rows: (u32, u32),
}

impl Span {
    fn of(bounds: &Bounds, within: &Bounds, shift: u32) -> Option<Self> {
        let side = |from: i32, to: i32, low: i32, high: i32| {
            (from <= high && to >= low).then(|| (square(from.max(low), low, shift), square(to.min(high), low, shift)))
        };
        let columns = side(bounds.min.lon, bounds.max.lon, within.min.lon, within.max.lon)?;
        Some(Self { columns, rows: side(bounds.min.lat, bounds.max.lat, within.min.lat, within.max.lat)? })
    }

    fn len(&self) -> u64 {
        let side = |(from, to): (u32, u32)| u64::from(to - from) + 1;
        side(self.columns) * side(self.rows)
    }

    fn squares(self, columns: usize) -> impl Iterator<Item = usize> {
        let (from, to) = self.columns;
        let row = move |row: u32| (from..=to).map(move |column| row as usize * columns + column as usize);
        (self.rows.0..=self.rows.1).flat_map(row)
    }
}

const fn square(value: i32, low: i32, shift: u32) -> u32 {
    value.abs_diff(low) >> shift
}

impl Grid {
    /// Builds the index. Takes time and memory in proportion to the number of rectangles.
    pub fn new(rectangles: &[Bounds]) -> Self {
        let bounds = rectangles.iter().fold(Bounds::EMPTY, |all, one| all.and(*one));
        if rectangles.is_empty() {
            return Self { bounds, shift: 0, columns: 0, starts: Vec::new(), entries: Vec::new() };
        }
        let shift = (0..COARSEST).find(|shift| fits(rectangles, &bounds, *shift)).unwrap_or(COARSEST);
        let columns = square(bounds.max.lon, bounds.min.lon, shift) as usize + 1;
        let rows = square(bounds.max.lat, bounds.min.lat, shift) as usize + 1;
        let mut grid = Self { bounds, shift, columns, starts: vec![0; columns * rows + 1], entries: Vec::new() };
        grid.fill(rectangles);
        grid
    }

    /// Sorts by counting: the entries of a square stay in the order of the list.
    fn fill(&mut self, rectangles: &[Bounds]) {
        let (columns, shift, bounds) = (self.columns, self.shift, self.bounds);
        let squares =
            |one: &Bounds| Span::of(one, &bounds, shift).into_iter().flat_map(move |span| span.squares(columns));
        for place in rectangles.iter().flat_map(squares) {
            if let Some(count) = self.starts.get_mut(place) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum; // the end of the square; filling from behind makes it the beginning
        }
        self.entries = vec![0; sum as usize];
        let count = u32::try_from(rectangles.len()).unwrap_or_default();
        for (one, index) in rectangles.iter().rev().zip((0..count).rev()) {
            for place in squares(one) {
                let Some(start) = self.starts.get_mut(place) else { continue };
                *start -= 1;
                if let Some(entry) = self.entries.get_mut(*start as usize) {
                    *entry = index;
                }
            }
        }
    }

    /// The rectangles whose square holds a point, in the order of the list.
    pub fn at(&self, vertex: Vertex) -> &[u32] {
        if !self.bounds.contains(vertex) {
            return &[];
        }
        let column = square(vertex.lon, self.bounds.min.lon, self.shift) as usize;
        self.square(square(vertex.lat, self.bounds.min.lat, self.shift) as usize * self.columns + column)
    }

    /// The rectangles near a rectangle, in the order of the list, each once.
    pub fn around(&self, bounds: &Bounds) -> Vec<u32> {
        let span = Span::of(bounds, &self.bounds, self.shift);
        let squares = span.into_iter().flat_map(|span| span.squares(self.columns));
        let mut near: Vec<_> = squares.flat_map(|place| self.square(place)).copied().collect();
        near.sort_unstable();
        near.dedup();
        near
    }

    fn square(&self, place: usize) -> &[u32] {
        let Some(&[from, to]) = self.starts.get(place..place + 2) else { return &[] };
        self.entries.get(from as usize..to as usize).unwrap_or_default()
    }
}

fn fits(rectangles: &[Bounds], bounds: &Bounds, shift: u32) -> bool {
    let count = rectangles.len() as u64;
    let all = Span::of(bounds, bounds, shift).map_or(0, |span| span.len());
    if all > SQUARES * (count + 1) {
        return false;
    }
    rectangles.iter().filter_map(|one| Span::of(one, bounds, shift)).map(|span| span.len()).sum::<u64>()
        <= ENTRIES * (count + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rectangle() -> impl Strategy<Value = Bounds> {
        let corner = || (-1_800_000_000..=1_800_000_000_i32, -900_000_000..=900_000_000_i32);
        let small = (corner(), 0..5_000_i32, 0..5_000_i32).prop_map(|((lon, lat), w, h)| {
            Bounds::EMPTY.with(Vertex { lon, lat }).with(Vertex { lon: lon + w, lat: lat + h })
        });
        let large = (corner(), corner())
            .prop_map(|(a, b)| Bounds::EMPTY.with(Vertex { lon: a.0, lat: a.1 }).with(Vertex { lon: b.0, lat: b.1 }));
        prop_oneof![small, large]
    }

    proptest! {
        #[test]
        fn nothing_that_holds_a_point_is_left_out_and_memory_stays_bounded(
            rectangles in proptest::collection::vec(rectangle(), 0..60),
            points in proptest::collection::vec((-1_800_000_000..=1_800_000_000_i32, -900_000_000..=900_000_000_i32), 30),
        ) {
            let grid = Grid::new(&rectangles);
            prop_assert!(grid.entries.len() <= 24 * (rectangles.len() + 1));
            prop_assert!(grid.starts.len() <= 8 * (rectangles.len() + 1) + 1);
            let corners = rectangles.iter().flat_map(|one| [one.min, one.max]);
            for vertex in points.iter().map(|&(lon, lat)| Vertex { lon, lat }).chain(corners) {
                let holding = (0_u32..).zip(&rectangles).filter(|(_, one)| one.contains(vertex)).map(|(index, _)| index);
                let found = grid.at(vertex);
                prop_assert!(found.is_sorted());
                for index in holding {
                    prop_assert!(found.contains(&index));
                    let near = grid.around(&Bounds { min: vertex, max: vertex });
                    prop_assert!(near.contains(&index));
                }
            }
        }
    }
}
