//! Where the officer stands for each photo of a record, and what is drawn for it.
//!
//! All scenes show the same street, so the close-ups of one seed fit its overview. The subject stays within one half
//! of the short side around the middle: it is on the picture upright and across.

use super::canvas::Canvas;
use super::car::{self, AXLES, LEFT, LENGTH, REAR, Shown};
use super::furniture::{self, POST, SIGN_HEIGHT};
use super::grain::Grain;
use super::random::Random;
use super::stage::{Eye, Stage};
use super::{PhotoSpec, Scene, street};

/// Streams of chance, so that a change to one part of the picture leaves the others as they are.
const GRAIN_STREAM: u64 = 1;
const STREET_STREAM: u64 = 2;
const CAR_STREAM: u64 = 3;
const HAND_STREAM: u64 = 4;

/// Draws the scene of a spec, `width` x `height` pixels as seen upright.
pub(super) fn draw(spec: &PhotoSpec, width: usize, height: usize) -> Canvas {
    let grain = Grain::new(&mut Random::new(spec.seed, GRAIN_STREAM));
    let canvas = Canvas::new(width, height, grain);
    let mut stage = Stage::new(canvas, Random::new(spec.seed, STREET_STREAM), eye(spec));
    street::draw(&mut stage);
    stage.random = Random::new(spec.seed, CAR_STREAM);
    furniture::sign(&mut stage);
    let shown = match spec.scene {
        Scene::Overview | Scene::Plate => Shown::Rear,
        Scene::Sign | Scene::Valve => Shown::Side,
        Scene::Detail | Scene::Driver => Shown::Front,
    };
    car::draw(&mut stage, &shown, &spec.plate, spec.valve_hour());
    if matches!(shown, Shown::Front) {
        furniture::parking_disc(&mut stage);
    }
    stage.canvas
}

/// The eye of a scene, moved a little by the seed as a hand would.
fn eye(spec: &PhotoSpec) -> Eye {
    let mut eye = standpoint(spec.scene);
    let mut random = Random::new(spec.seed, HAND_STREAM);
    let reach = if matches!(spec.scene, Scene::Overview) { 0.15 } else { 0.02 };
    eye.place.0 += random.between(-reach, reach);
    eye.place.1 += random.between(-reach, reach);
    eye
}

fn standpoint(scene: Scene) -> Eye {
    let middle = LEFT + car::WIDTH / 2.0;
    let (ahead, half_right, aside, back) = ((1.0, 0.0), (0.866_025_4, 0.5), (0.0, 1.0), (-1.0, 0.0));
    match scene {
        Scene::Overview => Eye { place: (-0.8, 1.5, 0.0), turn: half_right, zoom: 2.4, horizon: 0.1 },
        Scene::Plate => Eye { place: (middle - 0.04, 0.95, REAR - 1.35), turn: ahead, zoom: 3.7, horizon: -0.64 },
        Scene::Sign => {
            let place = (POST.0 - 0.9, 1.75, POST.2 - 2.6);
            Eye { place, turn: (0.965_925_8, 0.258_819_05), zoom: 3.2, horizon: (SIGN_HEIGHT - 1.85) / 2.74 * 3.2 }
        }
        Scene::Valve => {
            let axle = AXLES.first().copied().unwrap_or_default();
            Eye { place: (LEFT - 1.1, 0.42, REAR + axle), turn: aside, zoom: 2.7, horizon: -0.22 }
        }
        Scene::Detail => {
            let place = (LEFT + car::WIDTH - 0.48, 1.34, REAR + 3.4);
            Eye { place, turn: back, zoom: 3.6, horizon: -1.3 }
        }
        Scene::Driver => Eye { place: (middle - 0.2, 1.6, REAR + LENGTH + 1.2), turn: back, zoom: 3.2, horizon: -0.35 },
    }
}
