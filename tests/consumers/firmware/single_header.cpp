#include "thrum_firmware.hpp"

bool single_header_works();
bool single_header_works() { return thrum::Status{} == thrum::Status::not_fitted; }
