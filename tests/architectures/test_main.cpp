#include "catch.hpp"

int main() { return thrum_test::run_all_tests(); }
