//! What the camera of a Chromium sees: a QR code, in a film of two pictures.

use qrcode::{Color, QrCode};
use std::{fs, iter, path::Path};

/// Lets the camera see a QR code with this text; the film is read when the camera starts.
pub(super) fn show(film: &Path, text: &str) {
    let code = QrCode::new(text).unwrap();
    let (modules, colors) = (code.width(), code.to_colors());
    let module = (HEIGHT - MARGIN) / modules;
    let side = modules * module;
    let (left, top) = ((WIDTH - side) / 2, (HEIGHT - side) / 2);
    let is_dark = |x: usize, y: usize| {
        let inside = x >= left && y >= top && x < left + side && y < top + side;
        inside && colors[(y - top) / module * modules + (x - left) / module] == Color::Dark
    };
    let pixels = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    let luma = pixels.map(|(x, y)| if is_dark(x, y) { BLACK } else { WHITE }).collect::<Vec<_>>();
    let mut written = HEADER.to_vec();
    for _ in 0..2 {
        written.extend_from_slice(b"FRAME\n");
        written.extend_from_slice(&luma);
        // Both colour differences, of a quarter of the size each.
        written.extend(iter::repeat_n(GREY, WIDTH * HEIGHT / 2));
    }
    fs::write(film, written).unwrap();
}

const WIDTH: usize = 640;
const HEIGHT: usize = 480;
const MARGIN: usize = 80;
const BLACK: u8 = 16;
const WHITE: u8 = 235;
const GREY: u8 = 128;
const HEADER: &[u8] = b"YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\n";
