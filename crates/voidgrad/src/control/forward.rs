//! A control that passes its calls on.

/// The methods of [`Control`](super::Control) that every control has, as another one has them: `forward!(self => self.shared)`.
macro_rules! forward {
    ($self:ident => $control:expr) => {
        fn parameters(&$self) -> usize {
            $control.parameters()
        }

        fn dimension(&$self) -> Option<usize> {
            $control.dimension()
        }

        fn phi(&$self) -> ::nalgebra::DVector<f64> {
            $control.phi()
        }

        fn set_phi(&mut $self, phi: ::nalgebra::DVectorView<'_, f64>) -> Result<(), $crate::error::ShapeMismatch> {
            $control.set_phi(phi)
        }

        fn named(&$self) -> Vec<(String, f64)> {
            $control.named()
        }

        fn value(&$self, z: &[f64]) -> f64 {
            $control.value(z)
        }

        fn value_and_d_z(&$self, z: &[f64], c_z: &mut [f64]) -> f64 {
            $control.value_and_d_z(z, c_z)
        }

        fn d_phi(&$self, z: &[f64], c_phi: &mut [f64]) {
            $control.d_phi(z, c_phi);
        }

        fn d_z_d_phi(&$self, z: &[f64], c_z_phi: &mut ::nalgebra::DMatrix<f64>) {
            $control.d_z_d_phi(z, c_z_phi);
        }

        fn vjp_jvp(&$self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
            $control.vjp_jvp(z, z_dot, c_bar, phi_bar);
        }

        fn along_phi(&$self, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64 {
            $control.along_phi(z, phi_dot, c_z_dot)
        }

        fn linear(&$self) -> Vec<::std::ops::Range<usize>> {
            $control.linear()
        }
    };
}

pub(crate) use forward;
