//! ETRS89 / UTM zone 32 (EPSG:25832), forward and inverse, by the series of Krüger in the third flattening.
//!
//! Authorities in Bavaria use zone 32 throughout, east of 12 degrees, too, so the zone is fixed and never chosen by
//! longitude. The series goes to the sixth order: exact to a micrometre within 10 degrees of the central meridian.
//! WGS 84 and ETRS89 are taken as one; plates have drifted by less than a metre since 1989, which no phone sees.
//! Source: Krüger 1912, coefficients as in Karney, "Transverse Mercator with an accuracy of a few nanometers", 2011.

/// Equatorial radius in metres, the same in GRS 80 and WGS 84.
pub(super) const RADIUS_M: f64 = 6_378_137.0;
/// Flattening of GRS 80. WGS 84 differs in the tenth digit, a tenth of a millimetre at the pole.
pub(super) const FLATTENING: f64 = 1.0 / 298.257_222_101;
const CENTRAL_MERIDIAN: f64 = 9.0;
const SCALE: f64 = 0.9996;
const FALSE_EASTING_M: f64 = 500_000.0;
/// Farther from the central meridian the series is not trusted, degrees.
const MAX_WIDTH: f64 = 10.0;
/// Third flattening.
const N: f64 = FLATTENING / (2.0 - FLATTENING);

/// A position in UTM zone 32, northern hemisphere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Utm32 {
    /// Metres, 500,000 on the central meridian at 9 degrees east.
    pub east_m: f64,
    /// Metres north of the equator along the meridian, times 0.9996.
    pub north_m: f64,
}

impl Utm32 {
    /// Projects latitude and longitude in degrees; `None` beyond 10 degrees from the central meridian, south of the
    /// equator or off the globe.
    #[must_use]
    pub fn from_degrees((lat, lon): (f64, f64)) -> Option<Self> {
        let width = lon - CENTRAL_MERIDIAN;
        if !((0.0..=84.0).contains(&lat) && width.abs() <= MAX_WIDTH) {
            return None;
        }
        let conformal = conformal_tangent(lat.to_radians());
        let (sin, cos) = width.to_radians().sin_cos();
        let xi = conformal.atan2(cos);
        let eta = (sin / conformal.hypot(cos)).asinh();
        let (north, east) = series(&ALPHA, 1.0, xi, eta);
        Some(Self { east_m: FALSE_EASTING_M + scale() * east, north_m: scale() * north })
    }

    /// Latitude and longitude in degrees; `None` for what [`Self::from_degrees`] does not give.
    #[must_use]
    pub fn to_degrees(self) -> Option<(f64, f64)> {
        let (xi, eta) = (self.north_m / scale(), (self.east_m - FALSE_EASTING_M) / scale());
        if !(xi.is_finite() && eta.abs() <= MAX_WIDTH.to_radians()) {
            return None;
        }
        let (xi, eta) = series(&BETA, -1.0, xi, eta);
        let (sin, cos) = xi.sin_cos();
        let lat = latitude(sin / eta.sinh().hypot(cos)).to_degrees();
        let lon = CENTRAL_MERIDIAN + eta.sinh().atan2(cos).to_degrees();
        ((-1e-9..=84.000_001).contains(&lat) && (lon - CENTRAL_MERIDIAN).abs() <= MAX_WIDTH + 1e-9)
            .then_some((lat, lon))
    }
}

/// Radius of the sphere with the ellipsoid's meridian, times the scale of UTM, metres.
fn scale() -> f64 {
    let n2 = N * N;
    SCALE * RADIUS_M / (1.0 + N) * (1.0 + n2 / 4.0 + n2 * n2 / 64.0 + n2 * n2 * n2 / 256.0)
}

/// First eccentricity.
fn eccentricity() -> f64 {
    (FLATTENING * (2.0 - FLATTENING)).sqrt()
}

/// Tangent of the conformal latitude.
fn conformal_tangent(lat: f64) -> f64 {
    let (tau, e) = (lat.tan(), eccentricity());
    let sigma = (e * (e * tau / tau.hypot(1.0)).atanh()).sinh();
    tau * sigma.hypot(1.0) - sigma * tau.hypot(1.0)
}

/// Latitude of a conformal tangent, by Newton's method; three steps reach the last bit.
fn latitude(conformal: f64) -> f64 {
    let squeeze = (1.0 - FLATTENING) * (1.0 - FLATTENING);
    let step = |tau: f64| {
        let here = conformal_tangent(tau.atan());
        let slope = (1.0 + squeeze * tau * tau) / (squeeze * here.hypot(1.0) * tau.hypot(1.0));
        tau + (conformal - here) * slope
    };
    (0..4).fold(conformal / squeeze, |tau, _| step(tau)).atan()
}

/// Adds, or takes off, the six terms of the series.
fn series(coefficients: &[f64; 6], sign: f64, xi: f64, eta: f64) -> (f64, f64) {
    let terms = coefficients.iter().zip([2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
    terms.fold((xi, eta), |(north, east), (coefficient, k)| {
        let factor = sign * coefficient;
        let ((sin, cos), angle) = ((k * xi).sin_cos(), k * eta);
        (north + factor * sin * angle.cosh(), east + factor * cos * angle.sinh())
    })
}

const N2: f64 = N * N;
const N3: f64 = N2 * N;
const N4: f64 = N3 * N;
const N5: f64 = N4 * N;
const N6: f64 = N5 * N;

/// From the sphere to the plane.
const ALPHA: [f64; 6] = [
    N / 2.0 - 2.0 / 3.0 * N2 + 5.0 / 16.0 * N3 + 41.0 / 180.0 * N4 - 127.0 / 288.0 * N5 + 7_891.0 / 37_800.0 * N6,
    13.0 / 48.0 * N2 - 3.0 / 5.0 * N3 + 557.0 / 1_440.0 * N4 + 281.0 / 630.0 * N5 - 1_983_433.0 / 1_935_360.0 * N6,
    61.0 / 240.0 * N3 - 103.0 / 140.0 * N4 + 15_061.0 / 26_880.0 * N5 + 167_603.0 / 181_440.0 * N6,
    49_561.0 / 161_280.0 * N4 - 179.0 / 168.0 * N5 + 6_601_661.0 / 7_257_600.0 * N6,
    34_729.0 / 80_640.0 * N5 - 3_418_889.0 / 1_995_840.0 * N6,
    212_378_941.0 / 319_334_400.0 * N6,
];

/// From the plane to the sphere; taken off.
const BETA: [f64; 6] = [
    N / 2.0 - 2.0 / 3.0 * N2 + 37.0 / 96.0 * N3 - N4 / 360.0 - 81.0 / 512.0 * N5 + 96_199.0 / 604_800.0 * N6,
    N2 / 48.0 + N3 / 15.0 - 437.0 / 1_440.0 * N4 + 46.0 / 105.0 * N5 - 1_118_711.0 / 3_870_720.0 * N6,
    17.0 / 480.0 * N3 - 37.0 / 840.0 * N4 - 209.0 / 4_480.0 * N5 + 5_569.0 / 90_720.0 * N6,
    4_397.0 / 161_280.0 * N4 - 11.0 / 504.0 * N5 - 830_251.0 / 7_257_600.0 * N6,
    4_583.0 / 161_280.0 * N5 - 108_847.0 / 3_991_680.0 * N6,
    20_648_693.0 / 638_668_800.0 * N6,
];

#[cfg(test)]
mod tests {
    use geo::{Distance, Geodesic, Point};
    use proptest::prelude::*;

    use super::*;

    /// Computed with PROJ for EPSG:4326 to EPSG:25832, rounded to centimetres.
    const VECTORS: [((f64, f64), (f64, f64)); 3] = [
        ((48.882_00, 12.571_50), (761_822.27, 5_420_489.74)),
        ((48.137_43, 11.575_49), (691_602.18, 5_334_783.34)),
        ((49.080_00, 12.886_00), (783_745.58, 5_443_625.13)),
    ];

    #[test]
    fn the_vectors_of_proj_are_met_to_the_centimetre_both_ways() {
        for (degrees, (east_m, north_m)) in VECTORS {
            let utm = Utm32::from_degrees(degrees).expect("in the zone");
            assert!((utm.east_m - east_m).abs() < 0.006 && (utm.north_m - north_m).abs() < 0.006, "{utm:?}");
            let (lat, lon) = Utm32 { east_m, north_m }.to_degrees().expect("in the zone");
            assert!((lat - degrees.0).abs() < 1e-7 && (lon - degrees.1).abs() < 1e-7, "{lat} {lon}");
        }
    }

    /// On the central meridian the northing is the length of the meridian, which the geodesic gives, too.
    #[test]
    fn northings_on_the_central_meridian_are_its_length() {
        for lat in [0.0, 1.0, 30.0, 47.3, 48.137_43, 50.5, 80.0] {
            let utm = Utm32::from_degrees((lat, 9.0)).expect("in the zone");
            let length = Geodesic.distance(Point::new(9.0, 0.0), Point::new(9.0, lat));
            assert!((utm.east_m - 500_000.0).abs() < 1e-6, "{utm:?}");
            assert!((utm.north_m - SCALE * length).abs() < 1e-3, "{lat}: {} {}", utm.north_m, SCALE * length);
        }
    }

    #[test]
    fn what_the_zone_does_not_hold_is_not_projected() {
        for degrees in [(48.0, 19.1), (48.0, -1.1), (-0.1, 9.0), (90.0, 9.0), (f64::NAN, 9.0), (48.0, f64::INFINITY)] {
            assert_eq!(Utm32::from_degrees(degrees), None, "{degrees:?}");
        }
        for (east_m, north_m) in [(f64::NAN, 0.0), (1e9, 5e6), (500_000.0, 9.9e6), (500_000.0, -1.0)] {
            assert_eq!(Utm32 { east_m, north_m }.to_degrees(), None, "{east_m} {north_m}");
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place(lat in 0.001..83.9_f64, lon in 0.0..18.0_f64) {
            let (there_lat, there_lon) = Utm32::from_degrees((lat, lon)).and_then(Utm32::to_degrees).expect("in the zone");
            prop_assert!((lat - there_lat).abs() < 1e-10 && (lon - there_lon).abs() < 1e-9, "{there_lat} {there_lon}");
        }

        /// A transverse Mercator map keeps lengths but for its scale, 0.9996 (1 + x² / 2R²).
        #[test]
        fn a_hundred_metres_on_the_map_are_a_hundred_metres_on_the_ground(lat in 47.0..55.0_f64, lon in 6.0..14.0_f64) {
            let (from, to) = ((lat, lon), (lat + 0.000_6, lon + 0.000_9));
            let ground = Geodesic.distance(Point::new(from.1, from.0), Point::new(to.1, to.0));
            let (a, b) = (Utm32::from_degrees(from).expect("in"), Utm32::from_degrees(to).expect("in"));
            let map = (a.east_m - b.east_m).hypot(a.north_m - b.north_m);
            let x = (a.east_m - FALSE_EASTING_M) / SCALE;
            let factor = SCALE * (1.0 + x * x / (2.0 * 6_381_000.0_f64.powi(2)));
            prop_assert!((map / factor - ground).abs() < 0.001, "{map} {ground}");
        }
    }
}
