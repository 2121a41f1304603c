//! Tells the code which Python it is for: `lock` asks for `Py_GIL_DISABLED`.

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
}
