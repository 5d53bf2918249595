# The main job, run on three machines, and the README held against what it printed.

function(thrum_add_demo_test name least_auc most_false_alarms least_windows)
  add_test(NAME demo/${name}
           COMMAND bash -c "exec \"$0\" --output \"$1\" --json \"$1.json\" --firmware \"$2\" \"\${@:3}\" > \"$1.txt\""
                   $<TARGET_FILE:thrum_demo> ${CMAKE_CURRENT_BINARY_DIR}/${name}
                   ${PROJECT_SOURCE_DIR}/examples/firmware/run.sh ${ARGN})
  add_test(NAME demo/${name}_goals
           COMMAND ${CMAKE_COMMAND} -DJSON=${CMAKE_CURRENT_BINARY_DIR}/${name}.json -DLEAST_AUC=${least_auc}
                   -DMOST_FALSE_ALARMS=${most_false_alarms} -DLEAST_WINDOWS=${least_windows} -P
                   ${CMAKE_CURRENT_SOURCE_DIR}/demo_goals.cmake)
  set_tests_properties(demo/${name} PROPERTIES FIXTURES_SETUP demo_${name})
  set_tests_properties(demo/${name}_goals PROPERTIES FIXTURES_REQUIRED demo_${name})
endfunction()

thrum_add_demo_test(demo 0.999 0.02 1000)
if(THRUM_DATA)
  # One split: the false-alarm rate that it shows varies. The average over 20 is in real_recordings_test.cpp.
  thrum_add_demo_test(ceiling_fan 0.999 0.03 200 --data ${THRUM_CEILING_FAN} --normal fan_0_low_0_weight --rate 200)
  thrum_add_demo_test(drill_press 0.99 0.03 100 --data ${THRUM_DATA}/drill_press --normal dry_run --normal base)
  thrum_add_demo_test(ceiling_fan_q15 0.99 0.03 200 --data ${THRUM_CEILING_FAN} --normal fan_0_low_0_weight --rate 200
                      --kind radius --quantise q15)
  # The hard one. By distance: no goal but that both wings agree and normals pass.
  set(four_speeds --data ${THRUM_CEILING_FAN} --normal fan_0_off_0_weight --normal fan_0_low_0_weight --normal
                  fan_0_med_0_weight --normal fan_0_high_0_weight --rate 200)
  thrum_add_demo_test(four_speeds 0.5 0.03 900 ${four_speeds} --kind radius)
  thrum_add_demo_test(four_speeds_apart 0.96 0.03 450 ${four_speeds} --window 200 --tapers 5 --bands 32 --score-bytes 131072 --tones)
  thrum_add_demo_test(four_speeds_chosen 0.94 0.03 450 ${four_speeds} --window 200 --score-bytes 131072 --choose)
  add_test(NAME results COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/readme.sh ${PROJECT_SOURCE_DIR}/docs/results.md
                                ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  set_tests_properties(results PROPERTIES FIXTURES_REQUIRED "demo_ceiling_fan;demo_drill_press;demo_four_speeds;demo_four_speeds_apart;demo_four_speeds_chosen" LABELS
                                          real-data)
  set_tests_properties(demo/four_speeds demo/four_speeds_goals demo/ceiling_fan_q15 demo/ceiling_fan_q15_goals demo/four_speeds_apart demo/four_speeds_apart_goals demo/four_speeds_chosen demo/four_speeds_chosen_goals demo/ceiling_fan demo/ceiling_fan_goals demo/drill_press demo/drill_press_goals
                       PROPERTIES LABELS real-data)
endif()

# The goals are looked at: one that nothing reaches is missed.
add_test(NAME demo/goals_can_be_missed
         COMMAND ${CMAKE_COMMAND} -DJSON=${CMAKE_CURRENT_BINARY_DIR}/demo.json -DLEAST_AUC=2 -DMOST_FALSE_ALARMS=1
                 -DLEAST_WINDOWS=1 -P ${CMAKE_CURRENT_SOURCE_DIR}/demo_goals.cmake)
set_tests_properties(demo/goals_can_be_missed PROPERTIES FIXTURES_REQUIRED demo_demo PASS_REGULAR_EXPRESSION
                                                         "AUC of [a-z_]+ is [01][.0-9]*, which is not")

# Wrong words on the command line and damaged files are said plainly.
set(recordings "${CMAKE_CURRENT_BINARY_DIR}/recordings")
file(WRITE "${recordings}/good/slow.csv" "x,y\n1,2\n3,4\n")
file(WRITE "${recordings}/damaged/slow.csv" "x,y\n1,2\n3,4O\n")
file(WRITE "${recordings}/rates/slow.csv" "time,x\n0,2\n0.1,4\n0.2,6\n")
file(WRITE "${recordings}/rates/fast.csv" "time,x\n0,2\n0.01,4\n0.02,6\n")
function(thrum_add_refusal_test name complaint)
  add_test(NAME demo/${name} COMMAND thrum_demo ${ARGN})
  set_tests_properties(demo/${name} PROPERTIES PASS_REGULAR_EXPRESSION "${complaint}")
endfunction()
thrum_add_refusal_test(unknown_condition "--normal fast: no such condition, expected one of: slow" --data
                       "${recordings}/good" --normal fast --rate 100)
thrum_add_refusal_test(repeated_condition "--normal slow is given more than once" --data "${recordings}/good" --normal
                       slow --normal slow --rate 100)
thrum_add_refusal_test(different_rates "differ in their sampling rate: slow/slow has 10" --data "${recordings}/rates"
                       --normal slow)
thrum_add_refusal_test(no_sampling_rate "with --rate" --data "${recordings}/good" --normal slow)
thrum_add_refusal_test(too_short "slow is too short" --data "${recordings}/good" --normal slow --rate 100)
thrum_add_refusal_test(damaged_file "slow.csv:3:2: " --data "${recordings}/damaged" --normal slow --rate 100)
thrum_add_refusal_test(numbers_of_another_kind "not of kind `radius`" --quantise q15)
thrum_add_refusal_test(chosen_twice "--bands excludes --choose" --choose --bands 32)
thrum_add_refusal_test(chosen_in_integers "--quantise excludes --choose" --choose --quantise q15)
thrum_add_refusal_test(nothing_to_choose "nothing to choose from: .*bands" --choose --window 16)
thrum_add_refusal_test(no_normal "at least one --normal" --data "${recordings}/good")

add_test(NAME readme COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/readme.sh ${PROJECT_SOURCE_DIR}/README.md
                             ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
set_tests_properties(readme PROPERTIES FIXTURES_REQUIRED demo_demo)

add_test(NAME learning_page COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/readme.sh ${PROJECT_SOURCE_DIR}/docs/learning.md
                                    ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
