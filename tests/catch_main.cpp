#define CATCH_CONFIG_RUNNER  // makes Catch2 2 define itself here; nothing to Catch2 3
#include "catch.hpp"

int main(int argc, char* argv[]) {
  Catch::Session session;
#if !__has_include(<catch2/catch_all.hpp>)
  // A name that matches no test must not pass; Catch2 3 has it so anyway.
  session.configData().warnings =
      static_cast<Catch::WarnAbout::What>(session.configData().warnings | Catch::WarnAbout::NoTests);
#endif
  return session.run(argc, argv);
}
