// Compiled with THRUM_TEST_CASE 0 to 4: all but 0 must fail, and say why.
#if THRUM_TEST_CASE != 4
#include "thrum/firmware.hpp"
#endif

#if THRUM_TEST_CASE == 0 || THRUM_TEST_CASE == 4
#include "row_model.hpp"
#elif THRUM_TEST_CASE == 1
#include "wrong_schema.hpp"
#endif

#if THRUM_TEST_CASE == 0
thrum::fixed::RowDetector<row_model> detector;
#elif THRUM_TEST_CASE == 2 || THRUM_TEST_CASE == 3
constexpr float number = 1;
constexpr thrum::DetectorModel<float> made(unsigned schema, int features) {
  thrum::DetectorModel<float> model;
  model.schema = schema;
  model.features = features;
  model.has_signal = true;
  model.anomaly = {&number, &number, 1, 1, 1};
  return model;
}
#endif

#if THRUM_TEST_CASE == 2
constexpr thrum::DetectorModel<float> model = made(thrum::model_schema + 1, 1);
thrum::fixed::RowDetector<model> detector;
#elif THRUM_TEST_CASE == 3
constexpr thrum::DetectorModel<float> model = made(thrum::model_schema, 1);
thrum::fixed::Detector<model> detector;
#endif

int main() {}
