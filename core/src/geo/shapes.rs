//! Polygons for two questions: does it hold a point, and how far is its border.
//!
//! Coordinates are whole 1e-7 degrees and the first question is answered in whole numbers, so two neighbours that share
//! a border share it exactly: a point on it belongs to one of them, never to none or both. Borders are cut into runs
//! of 16 lines, each with its rectangle; one comparison answers for a run that the point does not stand beside.

use super::plane::{Bounds, Plane, Vertex};

/// Lines a run. Shorter runs cost memory, longer ones time.
const RUN: usize = 16;

/// Polygons one after another.
#[derive(Default)]
pub(super) struct Shapes {
    vertices: Vec<Vertex>,
    runs: Vec<Run>,
    polygons: Vec<Polygon>,
}

/// Lines that follow each other in one ring.
struct Run {
    bounds: Bounds,
    /// First vertex; there is one vertex more than lines.
    first: u32,
    lines: u32,
}

struct Polygon {
    bounds: Bounds,
    runs: (u32, u32),
}

impl Shapes {
    pub fn push(&mut self, vertex: Vertex) {
        self.vertices.push(vertex);
    }

    /// Number of vertices, for [`Self::end_ring`].
    pub fn len(&self) -> usize {
        self.vertices.len()
    }

    /// Closes the ring that began at vertex `first` and cuts it into runs. `None` if it has too few vertices, or if
    /// there are more than 2^32.
    pub fn end_ring(&mut self, first: usize) -> Option<()> {
        let begin = *self.vertices.get(first)?;
        self.vertices.push(begin);
        let lines = self.vertices.len().checked_sub(first + 1).filter(|lines| *lines >= 3)?;
        for from in (first..first + lines).step_by(RUN) {
            let to = (from + RUN).min(first + lines);
            let bounds = self.vertices.get(from..=to)?.iter().fold(Bounds::EMPTY, |all, vertex| all.with(*vertex));
            let first = u32::try_from(from).ok()?;
            self.runs.push(Run { bounds, first, lines: u32::try_from(to - from).ok()? });
        }
        Some(())
    }

    /// Makes a polygon of the rings that ended since the last one.
    pub fn end_polygon(&mut self) -> Option<()> {
        let from = self.polygons.last().map_or(0, |last| last.runs.1);
        let runs = (from, u32::try_from(self.runs.len()).ok()?);
        let bounds = self.runs.get(from as usize..)?.iter().fold(Bounds::EMPTY, |all, run| all.and(run.bounds));
        self.polygons.push(Polygon { bounds, runs });
        Some(())
    }

    /// Number of polygons.
    pub fn polygons(&self) -> usize {
        self.polygons.len()
    }

    /// Rectangle of each polygon.
    pub fn bounds(&self) -> Vec<Bounds> {
        self.polygons.iter().map(|polygon| polygon.bounds).collect()
    }

    /// Whether a polygon holds a point: whether a ray to the east crosses its rings an odd number of times.
    pub fn contains(&self, polygon: usize, point: Vertex) -> bool {
        let Some(polygon) = self.polygons.get(polygon) else { return false };
        polygon.bounds.contains(point)
            && self.runs_of(polygon).iter().fold(false, |odd, run| odd ^ self.crosses(run, point))
    }

    /// Whether the ray crosses a run an odd number of times.
    fn crosses(&self, run: &Run, point: Vertex) -> bool {
        let Bounds { min, max } = run.bounds;
        if point.lat < min.lat || point.lat >= max.lat || point.lon > max.lon {
            return false;
        }
        let vertices = self.vertices_of(run);
        if point.lon < min.lon {
            let ends = vertices.first().zip(vertices.last());
            return ends.is_some_and(|(from, to)| (from.lat <= point.lat) != (to.lat <= point.lat));
        }
        vertices.windows(2).fold(false, |odd, line| odd ^ matches!(line, &[a, b] if is_crossed(a, b, point)))
    }

    /// Square of the distance in metres to the nearest line of a polygon, or `limit` if none is nearer. The run whose
    /// rectangle is nearest comes first; most others are then too far to be looked into.
    pub fn border(&self, polygon: usize, plane: &Plane, limit: f64) -> f64 {
        let Some(polygon) = self.polygons.get(polygon) else { return limit };
        if plane.square_to_bounds(&polygon.bounds) >= limit {
            return limit;
        }
        let reach = |run: &Run| plane.square_to_bounds(&run.bounds);
        let look = |nearest: f64, run: &Run| nearest.min(plane.square_to_chain(self.vertices_of(run)));
        let runs = self.runs_of(polygon);
        let reaches = runs.iter().map(|run| (reach(run), run));
        let first = reaches.min_by(|(one, _), (other, _)| one.total_cmp(other));
        let nearest = first.map_or(limit, |(_, run)| look(limit, run));
        runs.iter().fold(nearest, |nearest, run| if reach(run) < nearest { look(nearest, run) } else { nearest })
    }

    fn runs_of(&self, polygon: &Polygon) -> &[Run] {
        self.runs.get(polygon.runs.0 as usize..polygon.runs.1 as usize).unwrap_or_default()
    }

    fn vertices_of(&self, run: &Run) -> &[Vertex] {
        let first = run.first as usize;
        self.vertices.get(first..=first + run.lines as usize).unwrap_or_default()
    }
}

/// Whether a line lies east of a point and on its height. The lower end counts, the upper does not; a point on the line
/// is not west of it. The line's direction is without meaning, so neighbours agree.
fn is_crossed(a: Vertex, b: Vertex, point: Vertex) -> bool {
    if (a.lat <= point.lat) == (b.lat <= point.lat) {
        return false;
    }
    let (low, high) = if a.lat < b.lat { (a, b) } else { (b, a) };
    let difference = |to: i32, from: i32| i64::from(to) - i64::from(from);
    // Sides below 1.8e9, see the loader: each product is below 2^62.
    difference(high.lon, low.lon) * difference(point.lat, low.lat)
        > difference(high.lat, low.lat) * difference(point.lon, low.lon)
}
