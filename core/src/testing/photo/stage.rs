//! The place of the photo: surfaces in space, an eye that looks at them, and the canvas that receives the picture.
//!
//! World: metres, `x` to the right across the street, `y` up, `z` along the street. A [`Face`] is a flat surface with
//! its own two-dimensional coordinates; everything in a photo is drawn on some face, far things first. No sine or
//! cosine is computed: circles come from a table, turns of the eye from written constants, so the same seed gives the
//! same bytes on every platform.

use super::canvas::{Canvas, Ink};
use super::random::Random;

/// Points of a circle.
const CORNERS: usize = 60;
/// Cosine and sine of a sixtieth of a turn.
const TURN: (f32, f32) = (0.994_521_9, 0.104_528_46);
/// Nothing nearer to the eye than this is drawn, in metres.
const NEAR: f32 = 0.05;

/// A point or direction in space.
pub(super) type Space = (f32, f32, f32);
/// A point on a face.
pub(super) type Flat = (f32, f32);

/// A flat surface: the point (u, v) lies at `origin + u * right + v * up`.
#[derive(Clone, Copy)]
pub(super) struct Face {
    /// Where (0, 0) lies.
    pub(super) origin: Space,
    /// One unit of u.
    pub(super) right: Space,
    /// One unit of v.
    pub(super) up: Space,
}

impl Face {
    /// A face parallel to the plane of x and y, at the depth of `origin`.
    pub(super) const fn upright(origin: Space) -> Self {
        Self { origin, right: (1.0, 0.0, 0.0), up: (0.0, 1.0, 0.0) }
    }

    /// A horizontal face: u is x, v is z.
    pub(super) const fn level(height: f32) -> Self {
        Self { origin: (0.0, height, 0.0), right: (1.0, 0.0, 0.0), up: (0.0, 0.0, 1.0) }
    }

    /// A face along the street: u is z, v is y.
    pub(super) const fn along(origin: Space) -> Self {
        Self { origin, right: (0.0, 0.0, 1.0), up: (0.0, 1.0, 0.0) }
    }

    /// The same face moved so that (0, 0) lies at what was (u, v).
    pub(super) fn moved(self, (u, v): Flat) -> Self {
        Self { origin: self.at((u, v)), ..self }
    }

    /// Where a point of the face lies in space.
    pub(super) fn at(&self, (u, v): Flat) -> Space {
        let sum = |origin: f32, right: f32, up: f32| origin + u * right + v * up;
        let (origin, right, up) = (self.origin, self.right, self.up);
        (sum(origin.0, right.0, up.0), sum(origin.1, right.1, up.1), sum(origin.2, right.2, up.2))
    }
}

/// Where the photo is taken from.
#[derive(Clone, Copy)]
pub(super) struct Eye {
    /// The place of the lens.
    pub(super) place: Space,
    /// Cosine and sine of the turn to the right, from looking along z.
    pub(super) turn: (f32, f32),
    /// Distance at which an object as high as half the short side of the picture fills that half, over its size.
    pub(super) zoom: f32,
    /// The horizon below the middle of the picture, in halves of its short side (a shift, as with a level camera).
    pub(super) horizon: f32,
}

/// The drawing in progress.
pub(super) struct Stage {
    /// The picture.
    pub(super) canvas: Canvas,
    /// Chance for what is drawn.
    pub(super) random: Random,
    /// Where it is seen from.
    pub(super) eye: Eye,
    circle: Vec<Flat>,
}

impl Stage {
    /// An empty stage.
    pub(super) fn new(canvas: Canvas, random: Random, eye: Eye) -> Self {
        let next = |&(x, y): &Flat| Some((x * TURN.0 + y * TURN.1, y * TURN.0 - x * TURN.1));
        let circle = std::iter::successors(Some((0.0, 1.0)), next).take(CORNERS).collect();
        Self { canvas, random, eye, circle }
    }

    /// The direction of an hour on a clock face, 12 pointing up.
    pub(super) fn hour(&self, hour: usize) -> Flat {
        self.direction(hour * 5)
    }

    /// A direction in sixtieths of a turn, clockwise from the top.
    pub(super) fn direction(&self, sixtieth: usize) -> Flat {
        self.circle.get(sixtieth % CORNERS).copied().unwrap_or((0.0, 1.0))
    }

    /// Half the short side of the picture in pixels.
    fn half(&self) -> f32 {
        self.canvas.width().min(self.canvas.height()) as f32 / 2.0
    }

    /// A point seen from the eye: to the right, up and ahead, in metres.
    fn seen(&self, point: Space) -> Space {
        let (place, (cos, sin)) = (self.eye.place, self.eye.turn);
        let (x, y, z) = (point.0 - place.0, point.1 - place.1, point.2 - place.2);
        (x * cos - z * sin, y, x * sin + z * cos)
    }

    /// A point ahead of the eye in pixels of the picture.
    fn pixel(&self, (x, y, z): Space) -> Flat {
        let scale = self.half() * self.eye.zoom / z;
        let middle = (self.canvas.width() as f32 / 2.0, self.canvas.height() as f32 / 2.0);
        (middle.0 + x * scale, middle.1 + self.eye.horizon * self.half() - y * scale)
    }

    /// How many pixels a metre measures at a point; `None` if the point is behind the eye or far outside the picture.
    pub(super) fn scale_at(&self, point: Space) -> Option<f32> {
        let seen = self.seen(point);
        if seen.2 < NEAR {
            return None;
        }
        let scale = self.half() * self.eye.zoom / seen.2;
        let (x, y) = self.pixel(seen);
        let inside = |value: f32, end: usize| value > -scale && value < end as f32 + scale;
        (inside(x, self.canvas.width()) && inside(y, self.canvas.height())).then_some(scale)
    }

    /// Fills a polygon on a face.
    pub(super) fn polygon(&mut self, face: &Face, points: &[Flat], ink: Ink) {
        let seen: Vec<Space> = points.iter().map(|&point| self.seen(face.at(point))).collect();
        let outline: Vec<Flat> = ahead(&seen).into_iter().map(|point| self.pixel(point)).collect();
        self.canvas.polygon(&outline, ink);
    }

    /// Fills a rectangle on a face, given two opposite corners.
    pub(super) fn rectangle(&mut self, face: &Face, (u0, v0): Flat, (u1, v1): Flat, ink: Ink) {
        self.polygon(face, &[(u0, v0), (u1, v0), (u1, v1), (u0, v1)], ink);
    }

    /// Fills a disc on a face.
    pub(super) fn disc(&mut self, face: &Face, (u, v): Flat, radius: f32, ink: Ink) {
        let points: Vec<Flat> = self.circle.iter().map(|&(x, y)| (u + x * radius, v + y * radius)).collect();
        self.polygon(face, &points, ink);
    }

    /// Draws a line through points with a round pen.
    pub(super) fn line(&mut self, face: &Face, points: &[Flat], width: f32, ink: Ink) {
        for (&from, &to) in points.iter().zip(points.iter().skip(1)) {
            self.bar(face, from, to, width, ink);
        }
        for &point in points {
            self.disc(face, point, width / 2.0, ink);
        }
    }

    /// Draws a straight bar with square ends.
    pub(super) fn bar(&mut self, face: &Face, (u0, v0): Flat, (u1, v1): Flat, width: f32, ink: Ink) {
        let (du, dv) = (u1 - u0, v1 - v0);
        let length = (du * du + dv * dv).sqrt().max(1e-6);
        let (du, dv) = (dv / length * width / 2.0, -du / length * width / 2.0);
        self.polygon(face, &[(u0 + du, v0 + dv), (u1 + du, v1 + dv), (u1 - du, v1 - dv), (u0 - du, v0 - dv)], ink);
    }
}

/// Cuts off what lies behind the eye (Sutherland and Hodgman's step for one plane).
fn ahead(points: &[Space]) -> Vec<Space> {
    let mut kept = Vec::with_capacity(points.len() + 2);
    for (&from, &to) in points.iter().zip(points.iter().cycle().skip(1)) {
        if from.2 >= NEAR {
            kept.push(from);
        }
        if (from.2 >= NEAR) != (to.2 >= NEAR) {
            let share = (NEAR - from.2) / (to.2 - from.2);
            kept.push((from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share, NEAR));
        }
    }
    kept
}
